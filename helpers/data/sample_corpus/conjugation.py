"""Spanish verbs: every form the sample corpus needs, from the infinitive.

``conjugate("dormir")["presente"]`` is ``("duermo", "duermes", "duerme", "dormimos", "dormís", "duermen")``;
``"infinitivo"``, ``"gerundio"``, ``"participio"`` and ``"imperativo"`` (tú) hold one form each.
Regular endings first, then the spelling that keeps a stem's sound, then the verbs with a will of their own.
"""

import functools

TENSES = ("presente", "pretérito", "imperfecto", "futuro", "subjuntivo")

ENDINGS = {
    "ar": {
        "presente": "o as a amos áis an",
        "pretérito": "é aste ó amos asteis aron",
        "imperfecto": "aba abas aba ábamos abais aban",
        "subjuntivo": "e es e emos éis en",
    },
    "er": {
        "presente": "o es e emos éis en",
        "pretérito": "í iste ió imos isteis ieron",
        "imperfecto": "ía ías ía íamos íais ían",
        "subjuntivo": "a as a amos áis an",
    },
}
ENDINGS["ir"] = dict(ENDINGS["er"], presente="o es e imos ís en")
FUTURE = "é ás á emos éis án"
STRESSED = (0, 1, 2, 5)  # the persons whose stress falls on the stem: yo, tú, él, ellos

# Vowel that changes where the stem is stressed; -ir verbs also weaken it (durmió, sintiendo, pidió).
STEM_CHANGES = {
    "ie": "cerrar confesar defender despertar empezar encender enterrar fregar mentir nevar perder querer regar "
    "sembrar sentar sentir tener venir",
    "ue": "acostar costar doler dormir encontrar jugar llover morder mover poder sonar soñar volar",
    "i": "corregir pedir perseguir servir vestir",
    "accent": "aullar enfriar esquiar fotografiar maullar ",
}
CHANGE_OF = {verb: change for change, verbs in STEM_CHANGES.items() for verb in verbs.split()}

IRREGULAR_FUTURE = {
    "decir": "dir", "haber": "habr", "hacer": "har", "poder": "podr", "poner": "pondr", "querer": "querr",
    "saber": "sabr", "salir": "saldr", "tener": "tendr", "venir": "vendr", "oír": "oir", "reír": "reir",
    "freír": "freir",
}  # fmt: skip
STRONG_PRETERITE = {
    "conducir": "conduj", "decir": "dij", "estar": "estuv", "haber": "hub", "hacer": "hic", "poder": "pud",
    "poner": "pus", "querer": "quis", "saber": "sup", "tener": "tuv", "traer": "traj",
    "venir": "vin",
}  # fmt: skip
FIRST_PERSON = {
    "caer": "caigo", "decir": "digo", "hacer": "hago", "poner": "pongo", "salir": "salgo", "tener": "tengo",
    "traer": "traigo", "venir": "vengo",
}  # fmt: skip
PARTICIPLES = {
    "abrir": "abierto", "decir": "dicho", "escribir": "escrito", "freír": "frito",
    "hacer": "hecho", "poner": "puesto", "romper": "roto", "ver": "visto",
}  # fmt: skip
IMPERATIVES = {
    "decir": "di", "hacer": "haz", "ir": "ve", "poner": "pon", "salir": "sal", "ser": "sé", "tener": "ten",
    "venir": "ven",
}  # fmt: skip
WHOLE = {
    "ser": {
        "presente": "soy eres es somos sois son",
        "pretérito": "fui fuiste fue fuimos fuisteis fueron",
        "imperfecto": "era eras era éramos erais eran",
        "subjuntivo": "sea seas sea seamos seáis sean",
    },
    "ir": {
        "presente": "voy vas va vamos vais van",
        "pretérito": "fui fuiste fue fuimos fuisteis fueron",
        "imperfecto": "iba ibas iba íbamos ibais iban",
        "subjuntivo": "vaya vayas vaya vayamos vayáis vayan",
        "gerundio": "yendo",
    },
    "estar": {
        "presente": "estoy estás está estamos estáis están",
        "subjuntivo": "esté estés esté estemos estéis estén",
    },
    "haber": {"presente": "he has ha hemos habéis han", "subjuntivo": "haya hayas haya hayamos hayáis hayan"},
    "dar": {
        "presente": "doy das da damos dais dan",
        "pretérito": "di diste dio dimos disteis dieron",
        "subjuntivo": "dé des dé demos deis den",
    },
    "ver": {
        "presente": "veo ves ve vemos veis ven",
        "pretérito": "vi viste vio vimos visteis vieron",
        "imperfecto": "veía veías veía veíamos veíais veían",
        "subjuntivo": "vea veas vea veamos veáis vean",
    },
    "saber": {"presente": "sé sabes sabe sabemos sabéis saben", "subjuntivo": "sepa sepas sepa sepamos sepáis sepan"},
    "decir": {"presente": "digo dices dice decimos decís dicen", "gerundio": "diciendo"},
    "oír": {
        "presente": "oigo oyes oye oímos oís oyen",
        "pretérito": "oí oíste oyó oímos oísteis oyeron",
        "subjuntivo": "oiga oigas oiga oigamos oigáis oigan",
        "gerundio": "oyendo",
        "participio": "oído",
    },
    "poder": {"gerundio": "pudiendo"},
    "huir": {"presente": "huyo huyes huye huimos huis huyen", "pretérito": "hui huiste huyó huimos huisteis huyeron"},
    "piar": {
        "presente": "pío pías pía piamos piais pían",
        "pretérito": "pie piaste pio piamos piasteis piaron",
        "subjuntivo": "píe píes píe piemos pieis píen",
    },
    "venir": {"gerundio": "viniendo"},
}
for prefix in ("r", "fr"):
    WHOLE[f"{prefix}eír"] = {
        tense: " ".join(prefix + ending for ending in forms.split())
        for tense, forms in {
            "presente": "ío íes íe eímos eís íen",
            "pretérito": "eí eíste io eímos eísteis ieron",  # rio, frio: one syllable, no accent
            "imperfecto": "eía eías eía eíamos eíais eían",
            "subjuntivo": "ía ías ía iamos iais ían",
            "gerundio": "iendo",
            "participio": "eído",
        }.items()
    }


def stressed_stem(verb, stem):
    """The stem as it sounds when the stress falls on it: dorm -> duerm."""
    change = CHANGE_OF.get(verb)
    if change is None:
        return stem
    if change == "accent":
        at = max(stem.rfind("i"), stem.rfind("u"))
        return stem[:at] + {"i": "í", "u": "ú"}[stem[at]] + stem[at + 1 :]
    at = max(stem.rfind(vowel) for vowel in {"ie": "e", "i": "e", "ue": "ou"}[change])
    if change == "ue" and stem.endswith("ou"):
        at = len(stem) - 2
    return stem[:at] + change + stem[at + 1 :]


def weak_stem(verb, stem):
    """The stem of -ir verbs before a diphthong: dorm -> durm, sent -> sint, ped -> pid."""
    change = CHANGE_OF.get(verb)
    if change not in ("ie", "ue", "i") or not verb.endswith("ir"):
        return stem
    at = stem.rfind("o") if change == "ue" else stem.rfind("e")
    return stem[:at] + {"o": "u", "e": "i"}[stem[at]] + stem[at + 1 :]


def join(verb, stem, ending):
    """Stem and ending with the spelling that keeps the stem's sound: busc + é -> busqué."""
    kind = verb[-2:].replace("í", "i")
    if kind == "ar" and ending[0] in "eéi":
        for letters, spelled in (("gu", "gü"), ("c", "qu"), ("g", "gu"), ("z", "c")):
            if stem.endswith(letters):
                return stem[: -len(letters)] + spelled + ending
    elif kind != "ar" and ending[0] in "oaá":
        if stem.endswith("c"):
            return stem[:-1] + ("zc" if stem[-2] in "aeiou" else "z") + ending
        for letters, spelled in (("gu", "g"), ("g", "j")):
            if stem.endswith(letters):
                return stem[: -len(letters)] + spelled + ending
    if kind != "ar" and stem and stem[-1] in "aeou" and not stem.endswith("gu"):
        if ending[:2] in ("ie", "ió"):
            return f"{stem}y{ending[1:]}"  # leyó, cayendo
        if ending[0] == "i" and stem[-1] != "u":
            return f"{stem}í{ending[1:]}"  # leíste, caímos, leído
    if ending[:2] in ("ie", "ió") and stem[-1:] in ("ñ", "y"):
        return stem + ending[1:]  # gruñó, huyeron
    return stem + ending


@functools.lru_cache(maxsize=None)
def conjugate(verb):
    """All forms of ``verb`` (an infinitive without pronoun) as a dict: tense -> six forms, or one form."""
    kind, stem = verb[-2:].replace("í", "i"), verb[:-2]
    stressed, weak = stressed_stem(verb, stem), weak_stem(verb, stem)
    if kind == "ir" and stem.endswith("u") and not stem.endswith("gu"):
        stressed = weak = f"{stem}y"  # construyo, huyamos
    forms = {"infinitivo": verb}
    for tense, endings in ENDINGS[kind].items():
        stems = [stem] * 6
        if tense == "presente":
            stems = [stressed if person in STRESSED else stem for person in range(6)]
        elif tense == "subjuntivo":
            stems = [stressed if person in STRESSED else weak for person in range(6)]
        elif tense == "pretérito":
            stems = [weak if person in (2, 5) else stem for person in range(6)]
        forms[tense] = tuple(join(verb, s, ending) for s, ending in zip(stems, endings.split()))
    if verb in FIRST_PERSON:
        first = FIRST_PERSON[verb]
        forms["presente"] = (first,) + forms["presente"][1:]
        forms["subjuntivo"] = tuple(first[:-1] + ending for ending in ENDINGS["er"]["subjuntivo"].split())
    if verb in ("tener", "venir"):  # the stem change skips tengo, vengo
        forms["presente"] = (FIRST_PERSON[verb],) + forms["presente"][1:]
    if verb in STRONG_PRETERITE:
        strong = STRONG_PRETERITE[verb]
        they = "eron" if strong.endswith("j") else "ieron"
        forms["pretérito"] = tuple(strong + e for e in ("e", "iste", "o", "imos", "isteis", they))
        if verb == "hacer":
            forms["pretérito"] = forms["pretérito"][:2] + ("hizo",) + forms["pretérito"][3:]
    forms["futuro"] = tuple(IRREGULAR_FUTURE.get(verb, verb) + ending for ending in FUTURE.split())
    forms["gerundio"] = f"{stem}ando" if kind == "ar" else join(verb, weak, "iendo")
    forms["participio"] = PARTICIPLES.get(verb) or (f"{stem}ado" if kind == "ar" else join(verb, stem, "ido"))
    for tense, text in WHOLE.get(verb, {}).items():
        forms[tense] = tuple(text.split()) if " " in text else text
    if verb in PARTICIPLES:
        forms["participio"] = PARTICIPLES[verb]
    forms["imperativo"] = IMPERATIVES.get(verb, forms["presente"][2])
    return forms
