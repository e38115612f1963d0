"""The Spanish words that the rules know: nouns with their gender and kind, adjectives, verbs in all their forms."""

import functools
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

from helpers.data.sample_corpus import conjugation

MASCULINE, FEMININE = "m", "f"
SINGULAR, PLURAL = "singular", "plural"
PERSON, THING, TIME, PLACE, NOTION = "person", "thing", "time", "place", "notion"
LIVING = "animal or part of the body"

# Nouns of one gender only; none of them is also a verb's form with "la" before it (el vino, la vino).
NOUNS = {
    (PERSON, MASCULINE):
    "hombre padre hijo hermano amigo chico niño muchacho señor tío abuelo marido novio primo doctor profesor "
    "rey príncipe director enemigo vecino abogado compañero alumno",
    (PERSON, FEMININE):
    "mujer madre hija hermana amiga chica niña muchacha señora tía abuela esposa novia prima doctora "
    "profesora reina princesa directora enemiga vecina abogada compañera señorita",
    (THING, MASCULINE):
    "coche papel barco tren avión teléfono reloj vaso plato cuchillo sombrero vestido zapato pantalón sillón "
    "cuadro espejo árbol pan pescado queso huevo martillo tenedor cajón ascensor tejado",
    (THING, FEMININE):
    "mesa silla puerta ventana cama llave botella taza cuchara camisa falda chaqueta bolsa caja lámpara pared "
    "piedra rueda escalera cuerda manzana tarta sopa cerveza corbata maleta bicicleta",
    (LIVING, MASCULINE): "ojo pie brazo corazón cuerpo caballo perro gato",
    (LIVING, FEMININE): "mano cabeza boca pierna sangre",
    (TIME, MASCULINE): "día año mes minuto momento siglo tiempo",
    (TIME, FEMININE): "noche tarde semana hora vez",
    (PLACE, MASCULINE):
    "país pueblo hotel hospital mundo jardín bosque río mar barrio banco despacho edificio lugar sitio",
    (PLACE, FEMININE):
    "casa calle ciudad escuela iglesia habitación cocina oficina tienda playa montaña plaza isla",
    (NOTION, MASCULINE):
    "nombre problema miedo amor error plan favor negocio secreto asunto motivo crimen peligro dinero",
    (NOTION, FEMININE):
    "vida muerte verdad idea razón historia cosa guerra paz suerte palabra respuesta culpa esperanza opinión "
    "decisión noticia situación oportunidad ley mentira carta flor hoja película canción pistola bomba luz "
    "leche ropa",
}  # fmt: skip
# Which inherent quality a noun has; not what state somebody is in (cansado, solo), which may be said of another word.
ADJECTIVES = (
    "nuevo viejo pequeño bonito hermoso largo blanco negro rojo amarillo extraño raro maravilloso perfecto peligroso "
    "famoso precioso antiguo moderno americano mexicano italiano ruso humano público privado secreto verdadero último "
    "único estúpido serio magnífico estupendo fantástico político médico técnico eléctrico"
).split()
# Those that stand before a noun; bueno, malo, primero and tercero are cut short before a masculine one.
BEFORE = "nuevo viejo pequeño mismo último único verdadero propio próximo mucho poco tanto cuánto".split()
CUT_SHORT = "buena mala primera tercera".split()
ARTICLES = [
    ("el", "la"), ("los", "las"), ("un", "una"), ("unos", "unas"), ("este", "esta"), ("estos", "estas"), ("ese", "esa"),
    ("esos", "esas"), ("aquel", "aquella"), ("otro", "otra"), ("otros", "otras"), ("nuestro", "nuestra"),
    ("nuestros", "nuestras"), ("algún", "alguna"), ("ningún", "ninguna"),
]  # fmt: skip
OF_ONE = "el la un una este esta ese esa mi tu su nuestro nuestra".split()
OF_MANY = "los las unos unas estos estas esos esas mis tus sus nuestros nuestras".split()

VERBS = (
    "ser estar tener querer saber poder decir hacer ver venir ir creer pensar hablar trabajar vivir necesitar "
    "llegar llamar llevar dejar encontrar conocer perder morir matar salir volver comer beber dormir escribir "
    "leer oír pedir entender esperar buscar mirar pagar ganar jugar tomar amar odiar gustar parecer llorar cantar "
    "escuchar abrir cerrar empezar terminar ayudar comprar olvidar recordar sentir seguir servir deber poner "
    "traer caer "
).split()
PERSONS = ("yo", "tú", "él", "nosotros", "vosotros", "ellos")
PRONOUNS = {
    "yo": 0, "tú": 1, "él": 2, "ella": 2, "usted": 2, "nosotros": 3, "nosotras": 3, "ellos": 5, "ellas": 5,
    "ustedes": 5,
}  # fmt: skip
TENSES = ("presente", "pretérito", "imperfecto")


class Noun(NamedTuple):
    """A noun as it stands in a text."""

    gender: str
    number: str
    kind: str


class Form(NamedTuple):
    """A verb's form: ``person`` is an index into PERSONS."""

    verb: str
    tense: str
    person: int


def plural(word: str) -> str:
    """The plural of a noun or an adjective: razón, razones; luz, luces; but país, países."""
    if word[-1] in "aeiouáéó":
        return f"{word}s"
    if word.endswith("z"):
        return f"{word[:-1]}ces"
    for accented, plain in zip("áéíóú", "aeiou"):
        if word[-2:] in (f"{accented}n", f"{accented}s") and word[-3:-2] not in "aeiou":
            word = f"{word[:-2]}{plain}{word[-1]}"
    return f"{word}es"


@functools.lru_cache(maxsize=None)
def nouns() -> Dict[str, Noun]:
    """Every noun, in both numbers."""
    found = {}
    for (kind, gender), words in NOUNS.items():
        for word in words.split():
            found[word] = Noun(gender, SINGULAR, kind)
            found[plural(word)] = Noun(gender, PLURAL, kind)
    return found


@functools.lru_cache(maxsize=None)
def of_kind(kind: str, gender: str, number: str) -> Tuple[str, ...]:
    """The nouns of a kind, gender and number."""
    return tuple(word for word, noun in nouns().items() if noun == (gender, number, kind))


@functools.lru_cache(maxsize=None)
def articles() -> Dict[str, Tuple[str, str]]:
    """Article or the like → its gender, and what it is in the other one."""
    found = {}
    for masculine, feminine in ARTICLES:
        found[masculine], found[feminine] = (MASCULINE, feminine), (FEMININE, masculine)
    return found


@functools.lru_cache(maxsize=None)
def adjectives(before: bool = False) -> Dict[str, Tuple[str, str, str]]:
    """Adjective that stands after (or ``before``) a noun → gender, number, and what it is in the other gender."""
    found = {}
    for word in BEFORE if before else ADJECTIVES:
        for number, end in ((SINGULAR, ""), (PLURAL, "s")):
            masculine, feminine = f"{word}{end}", f"{word[:-1]}a{end}"
            found[masculine] = (MASCULINE, number, feminine)
            found[feminine] = (FEMININE, number, masculine)
    for word in CUT_SHORT if before else ():
        found[word] = (FEMININE, SINGULAR, f"{word[:-1]}o")
    return found


@functools.lru_cache(maxsize=None)
def paradigms() -> Dict[Tuple[str, str], Tuple[str, ...]]:
    """(infinitive, tense) → the six forms."""
    return {(verb, tense): tuple(_conjugate(verb)[tense]) for verb in VERBS for tense in TENSES}


@functools.lru_cache(maxsize=None)
def _conjugate(verb):
    return conjugation.conjugate(verb)


@functools.lru_cache(maxsize=None)
def forms() -> Dict[str, List[Form]]:
    """A verb's form as it stands in a text → what it can be."""
    found = {}
    for (verb, tense), words in paradigms().items():
        for person, word in enumerate(words):
            found.setdefault(word, []).append(Form(verb, tense, person))
    return found


@functools.lru_cache(maxsize=None)
def _known_as() -> Dict[str, Set[int]]:
    """Form → the persons that it can be of, in any tense, the imperative and the subjunctive among them."""
    found = {}
    for verb in VERBS:
        made = _conjugate(verb)
        for tense in conjugation.TENSES:
            for person, word in enumerate(made[tense]):
                found.setdefault(word, set()).add(person)
        found.setdefault(made["imperativo"], set()).add(1)
    return found


def can_be(word: str, person: int) -> bool:
    """Whether a verb's form may be of this person, in any tense or verb."""
    return person in _known_as().get(word, ())


def of_person(word: str, person: int) -> Optional[Form]:
    """What a word is as a verb's form of this person; None where it is none."""
    return next((form for form in forms().get(word, ()) if form.person == person), None)


PLURAL_LOOKS: FrozenSet[str] = frozenset(OF_MANY) | {"ellos", "ellas", "ustedes", "nosotros", "dos", "tres", "todos"}
