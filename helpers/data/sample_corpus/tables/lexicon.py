"""The words of the sample corpus: plain tables, read by ``words.py``.

``NOUNS`` has four columns: class, group, determiners when it is a subject, nouns.  Masculine is what does not end in
-a, unless ``:f``, ``:m`` or ``:mf`` (both) says otherwise; ``niño/a`` is a pair; ``-`` is singular only, ``+`` plural
only; ``*3`` is three times as common.
``ADJECTIVES``: ser or estar, the classes or groups that can be so, adjectives.
``TIMES`` go with a tense (``perfecto`` is *ha cantado*, ``estaba`` is *estaba cantando*, and so on), ``ADVERBS`` stand
before its verb.  ``CLOSED_CLASSES`` gives the part of speech of all words that no other table explains.
"""

NOUNS = """
kin        | person     | mi*5 tu*3 su   | padre*3 madre:f-*4 hermano/a*3 abuelo/a*2 hijo/a*3 tío prima
relative   | person     | su             | padre*3 madre:f*3 hermano/a*2 abuelo/a*2 tío primo
friend     | person     | mi*4 tu*2 su   | amigo/a*3 vecino/a*2
child      | person     | el*6 ese este  | niño/a*5 chico/a*2
grownup    | person     | el*4 ese       | hombre*3 mujer:f*3 señor/a
guest      | person     | el             | invitado/a
doctor     | person     | el             | médico*3 doctora*3 enfermero/a*2
patient    | person     | el             | paciente:mf*2 enfermo/a
vet        | person     | el             | veterinario/a
cook       | person     | el*3 nuestro   | cocinero/a
waiter     | person     | el*3 ese       | camarero/a
customer   | person     | el             | cliente:mf
shopper    | person     | el*3 ese       | vendedor/a
teacher    | person     | el*3 nuestro   | profesor/a*2 maestra
pupil      | person     | el             | alumno/a
police     | person     | el             | policía:mf*2 agente
thief      | person     | el*3 ese       | ladrón/ladrona
driver     | person     | el*3 ese       | taxista:mf conductor
pilot      | person     | el             | piloto
mechanic   | person     | el             | mecánico
builder    | person     | el             | albañil
painter    | person     | el             | pintor/a
musician   | person     | el             | cantante:mf*2 pianista:mf
dancer     | person     | el             | bailarín/bailarina
farmer     | person     | el             | granjero/a*2 pastor
fisher     | person     | el             | pescador
sailor     | person     | el             | marinero
lawyer     | person     | el*3 mi        | abogado/a juez
baby       | baby       | el             | bebé
bird       | bird       | el*7 ese       | pájaro*8 paloma*3 canario*3 gorrión*3 golondrina*3 jilguero*2 ruiseñor*2
bird       | bird       | el*7 ese       | mirlo*2 alondra*2 petirrojo*2
duck       | duck       | el             | pato
dog        | dog        | el*5 mi*2 ese  | perro/a*5 cachorro*2
cat        | cat        | el*5 mi*2 ese  | gato/a*5 gatito
horse      | horse      | el*4 ese       | caballo*4 yegua
cow        | cattle     | el*4 ese       | vaca*3 toro
sheep      | cattle     | el*4 ese       | oveja*3 cabra*2
hen        | hen        | el*4           | gallina
fish       | fish       | el*4 ese       | pez*4 delfín*2 tiburón
insect     | insect     | el*4 ese       | mosca*2 mosquito*2 abeja*3
butterfly  | insect     | el*4 ese       | mariposa
lion       | beast      | el*4 ese       | león*3 tigre*2
wolf       | beast      | el*4 ese       | lobo
bear       | beast      | el*4 ese       | oso
monkey     | monkey     | el*4 ese       | mono
mouse      | mouse      | el             | ratón
prey       | cattle     | el             | conejo*2 ciervo oveja
flower     | plant      | el*4 este      | flor:f*4 rosa*3 planta*3
tree       | plant      | el*4 ese       | árbol*4 manzano pino
crop       | plant      | el*4           | tomate*2 lechuga trigo- patata*2
car        | vehicle    | el*5 mi*2 ese  | coche*5 taxi*2 camión*2 moto:f*2
bus        | vehicle    | el*5 ese       | autobús*3 tren*4
plane      | plane      | el*5 ese       | avión*4 helicóptero*2
boat       | boat       | el*5 ese       | barco*4 barca*2
dish       | food       | el*5 este      | sopa-*3 carne:f-*2 pescado-*2 pollo-*2 arroz- tortilla-*2 ensalada-*2
vegetable  | food       | el             | patata*2 cebolla tomate
fruit      | food       | el*5 este      | manzana*3 naranja*2 pera plátano*2
sweet      | food       | el*5 este      | tarta*2 pastel*2 helado*2 bocadillo
bread      | food       | el             | pan- queso-
drink      | drink      | el*5 este      | agua-*3 leche:f-*2 café-*3 vino-*2 cerveza-*2 zumo-
soft       | drink      | el             | agua-*3 leche:f-*2 zumo-
honey      | food       | el             | miel:f-
media      | machine    | el             | radio:f televisión:f
seed       | seed       | el             | semilla*2 gusano
grass      | grass      | el             | hierba- paja-
container  | vessel     | el*4 ese       | vaso*3 botella*2 taza*2
crockery   | vessel     | el*4 ese       | plato*2 cuchara cuchillo olla
machine    | machine    | el*4 este      | lavadora*2 horno televisor ordenador*2
bell       | machine    | el*5           | teléfono*4 despertador*2 timbre*2 campana
opening    | opening    | el*5 ese       | puerta*4 ventana*3 caja
bulb       | bulb       | el             | luz:f*3 lámpara*2 vela
fire       | bulb       | el             | fuego-
text       | text       | el*4 ese este  | libro*3 carta*3 periódico*2 novela
writing    | text       | el             | carta*3 novela*2 poema:m*2
song       | song       | el*3 ese       | canción:f*3 villancico
instrument | instrument | el*3 mi*2      | guitarra*3 piano*2 violín trompeta
clothes    | clothes    | el*3 mi*2 este | camisa*2 traje*2 chaqueta abrigo*2 jersey sombrero
shoe       | clothes    | el             | zapato bota
furniture  | furniture  | el*4 este      | mesa*2 silla*2 cama*2 armario
building   | building   | el*4 ese       | casa*3 puente iglesia torre:f
wall       | building   | el             | pared:f valla techo
picture    | picture    | el             | cuadro*2 retrato
film       | film       | el*3 ese       | película*3 concierto función:f
toy        | toy        | el*3           | pelota*3 muñeca
money      | money      | el             | dinero- cuenta euro
key        | key        | el             | llave:f
gift       | gift       | el             | regalo
weapon     | weapon     | el*3 ese       | pistola*2 navaja
wound      | wound      | el*3 mi        | herida
medicine   | medicine   | el*4 este      | pastilla*2 jarabe
illness    | illness    | el             | gripe:f- fiebre:f- tos:f-
lesson     | lesson     | el*3 este      | lección:f*2 ejercicio*2 examen*2 deber+
subject    | lesson     | el             | matemática+ historia- inglés-
jewel      | jewel      | el*3 ese       | joya*2 anillo collar
crime      | crime      | el             | crimen robo
rain       | rain       | el             | lluvia-*3 nieve:f-*2
wind       | wind       | el             | viento-
storm      | storm      | el*3 ese       | tormenta
sky        | sky        | el             | cielo-
sun        | sun        | el             | sol-*3 luna-*2
sea        | sea        | el             | mar-*3 río*2
limb       | body       | el             | brazo pierna pata mano:f cara- diente+ cola cabeza corazón-
part       | part       | el             | motor rueda aceite- madera-
room       | place      | el             | cocina*2 salón*2 dormitorio baño pasillo
outside    | place      | el             | parque*2 jardín*2 plaza calle:f*2
perch      | place      | el             | árbol*2 rama*2 tejado*2 jaula balcón
place      | place      | el             | nido lago piscina estación:f aeropuerto parada andén despacho campo granja
place      | place      | el             | montaña prado escuela clase:f biblioteca patio hospital clínica consulta
place      | place      | el             | quirófano tienda mercado teatro escenario ciudad:f pueblo capital:f
place      | place      | el             | cárcel:f comisaría restaurante bar garaje taller cine playa bosque banco
place      | place      | el             | fuente:f cuna alfombra suelo esquina museo puerto costa establo gallinero
place      | place      | el             | huerto selva cueva frontera barra ducha habitación:f pizarra cuaderno fondo
place      | place      | el             | orilla
thing      | misc       | el             | voz:f mañana tarde:f noche:f día:m semana hora vez:f momento verano
thing      | misc       | el             | invierno otoño primavera amanecer silencio- alegría miedo- hambre:f- sed:f-
thing      | misc       | el             | sur- norte- aire- cena desayuno cuidado- ayuda- viaje trabajo fiesta
thing      | misc       | el             | cumpleaños- boda favor prisa- gracia+ domingo amor razón:f- verdad:f- sueño
thing      | misc       | el             | calor- fútbol- escondite- ajedrez- sombra hoja carcajada ángel piedra
thing      | misc       | el             | arena- ola semáforo retraso anzuelo castillo charco juicio tarjeta memoria
thing      | misc       | el             | espejo dolor orquesta elegancia tango vals paraguas- fuerza dificultad:f
thing      | misc       | el             | música- sonrisa baile pasaporte entrada color:m sorpresa hueso huevo
thing      | misc       | el             | cosecha boca tierra novio seta sartén:f nevera sofá maleta sangre:f- hotel
thing      | misc       | el             | leña- ruido vista provecho- paseo martillo
"""

ADJECTIVES = """
estar | person baby | cansado*3 contento*3 triste*2 enfermo*2 dormido*2
estar | person | enfadado*2 preocupado*2
estar | grown | ocupado*2 enamorado casado
ser   | person | simpático*2 inteligente*2 amable*2 valiente
ser   | grown | famoso*2 joven*2 generoso
estar | bird dog cat horse beast cattle monkey | hambriento*2 dormido enfermo
ser   | dog beast horse | salvaje peligroso*2
estar | food | frío*2 caliente*2 salado*2 rico*2 quemado*2
estar | drink | frío*2 caliente*2 rico
estar | vehicle plane | averiado*3 lleno vacío
ser   | vehicle plane boat | rápido*3 lento*2 nuevo
estar | opening | abierto*4 cerrado*4
estar | vessel | vacío*3 lleno*3 roto
estar | machine clothes toy furniture instrument | roto*3
ser   | machine furniture instrument | nuevo viejo
estar | bulb | encendido*3 apagado*3
estar | plant | seco*2 florido*2
estar | sky | nublado*3 despejado*3 azul
estar | sea | tranquilo*2 helado
ser   | text film song | aburrido*2 interesante*3 divertido*2
ser   | clothes jewel | elegante*3 caro*3
estar | clothes | limpio*2 sucio*2 planchado
ser   | building | antiguo*3 enorme
ser   | lesson | difícil*3 fácil*3
ser   | medicine | amargo*2
ser   | wound | grave*3 leve
"""

ANIMALS = "bird duck dog cat horse cattle hen fish insect beast monkey mouse"
ALIVE = f"person baby {ANIMALS}"

NAMES = {
    "f": "María Ana Lucía Carmen Elena Laura Marta Isabel Julia",
    "m": "Carlos Luis Pedro Juan Miguel Antonio Pablo Javier Diego Andrés",
}

TIMES = {
    "presente": "todos los días*2; a veces; cada mañana; por la tarde; por la noche",
    "gerundio": "ahora*2; ahora mismo*2; otra vez*2",
    "estaba": "anoche; ayer por la tarde; hace un momento*2; esta mañana",
    "pretérito": "ayer*3; anoche*2; la semana pasada; el domingo pasado; hace dos días",
    "perfecto": "hoy*2; esta mañana*2; otra vez; esta semana",
    "imperfecto": "todos los días*2; cada domingo; a veces; antes",
    "futuro": "mañana*3; esta noche; algún día; la semana que viene",
    "ir a": "mañana*2; esta noche*2; ahora; otra vez",
    "modal": "ahora*2; hoy; mañana; esta noche",
}

ADVERBS = {
    "presente": "siempre*2; también",
    "gerundio": "ya*2; todavía*2; también",
    "estaba": "ya; todavía; también",
    "pretérito": "también",
    "perfecto": "ya*3; también",
    "imperfecto": "siempre*2; también",
    "futuro": "también; pronto",
    "ir a": "ya; también",
    "modal": "también; ya",
}

CLOSED_CLASSES = {
    "ADP": "a al de del en con por para sin sobre hasta hacia desde bajo como",
    "ADV": "no muy bien mal más menos tan tanto aquí arriba lejos cerca delante detrás debajo después antes temprano "
    "despacio fuerte ahora mismo ayer anoche hoy siempre también todavía ya pronto solo dónde adónde cómo cuánto tal",
    "DET": "cada algún alguna otro otra dos todos toda ",
    "NUM": "cinco seis siete ocho nueve once doce",
    "PRON": "usted me te se le lo mí eso conmigo qué quién nadie nada poco",
    "CCONJ": "y",
    "SCONJ": "que mientras si",
    "INTJ": "hola adiós oye mira bueno sí gracias bravo salud felicidades arre perdón claro",
    "ADJ": "riquísimo delicioso listo lista bonito buen buena buenas buenos puro grande pobrecito quieto inocente "
    "detenido perdidos bonita preciosas alto baja caro guapa feliz seguro pasado pasada blanco",
    "NOUN": "repente derecha izquierda pregunta",
    "PROPN": "madrid",
    "VERB": "sé hay huele siéntate date pásame verte ayudarle",
}
SET_PHRASE_VERBS = (
    "ir querer dar decir pasar faltar creer parecer doler encontrar necesitar quedar mirar echar tratar "
    "encantar conceder llevar llamar costar cambiar gustar oír preocupar venir vivir cenar parar saber sentir"
)
AUXILIARIES = "ser estar haber poder"
