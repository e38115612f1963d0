"""What goes with what in any sensible reading: wider tables than those of the corpus itself.

The settings say what the corpus talks about, but not everything else is nonsense: nobody in the corpus brakes but
drivers, yet anybody could.  A verb or an adjective that stands in these tables goes with the groups of nouns named
there and with no other; of one that does not, they say nothing.
"""

from helpers.data.sample_corpus.tables.lexicon import ALIVE, ANIMALS
from helpers.data.sample_corpus.words import rows

VEHICLES = "vehicle plane boat"
MACROS = {
    "ANIMALS": ANIMALS,
    "ALIVE": ALIVE,
    "VEHICLES": VEHICLES,
    "MADE": "vessel machine opening bulb instrument clothes furniture building picture toy weapon jewel key part text "
    "gift " + VEHICLES,
    "SOUND": f"machine instrument song film weapon opening toy wind storm rain sea money key vessel {VEHICLES}",
}

# Groups of nouns | the verbs that nothing else can do.
DOERS = """
person | pilotar vacunar dibujar pagar ordeñar sembrar
person | comprar arrestar interrogar confesar mentir esquiar pintar celebrar
person | casarse peinarse ducharse conducir aparcar fotografiar plantar quitarse ponerse operar
person machine | leer escribir fregar planchar vender limpiar corregir reparar
person machine vessel | cocinar freír pelar
person text film lesson | explicar estudiar investigar
person rain | regar
person baby | hablar vestirse besar
person baby monkey | reírse
person baby monkey beast | abrazar
person baby bird hen insect | cantar
person baby beast monkey horse | bailar
person wind baby | soplar
person bird beast cat | pescar
person baby dog cat monkey beast | sentarse
person baby | gatear
ALIVE | dormir comer beber llorar saltar jugar pasear descansar soñar despertarse acostarse caminar escuchar nadar
ALIVE | acariciar aprender esperar cazar morder bañarse robar devorar defender pedir
ALIVE VEHICLES | perseguir
ALIVE plant | trepar
ALIVE VEHICLES sea | correr
bird hen | piar
bird hen duck | cacarear
bird duck | graznar
dog | ladrar
dog beast wind storm machine | aullar
cat | maullar
cat machine VEHICLES | ronronear
insect machine VEHICLES | zumbar
horse | relinchar
horse person | galopar
horse cattle | pastar
cattle | mugir balar
beast sea wind storm VEHICLES | rugir
bird insect duck hen plane toy person | volar
bird insect duck plane person | despegar aterrizar
boat person duck | navegar zarpar
VEHICLES person | frenar
VEHICLES machine | arrancar
plant person | florecer
plant | marchitarse
SOUND | sonar
"""

# Groups of nouns | the verbs that nothing else can be the object of.
DONE_TO = """
food plant seed grass ANIMALS | comer
drink food medicine sea | beber
food plant drink ANIMALS | cocinar freír pelar
text lesson song film | leer
text lesson song film money | escribir
text picture song film lesson | corregir
song text film | cantar
lesson song text film instrument | aprender
VEHICLES machine ALIVE | conducir
VEHICLES | aparcar pilotar
clothes | planchar
clothes jewel | ponerse
clothes jewel body | quitarse
body wound clothes | lavarse
plant grass place seed building | regar
plant seed grass | plantar
plant seed grass place | sembrar
ALIVE wound illness body food plant | curar
ALIVE body wound machine VEHICLES | operar
ALIVE | vacunar
lesson text film picture crime song illness medicine machine part wound money weapon building | explicar
cattle horse | ordeñar
fish | pescar
person baby | arrestar interrogar
crime | confesar
vessel furniture building place machine opening VEHICLES | fregar
bulb machine VEHICLES part | encender apagar
MADE | reparar construir
food drink furniture plant vessel ALIVE | servir
ALIVE plant toy clothes instrument | abrazar acariciar
ALIVE toy clothes food | bañar
ALIVE | cazar
food seed plant ALIVE text | devorar
song film machine instrument ALIVE text VEHICLES sea wind rain storm body lesson crime bulb | escuchar
"""

# Groups of nouns | the adjectives that nothing else can be.
SUCH = """
ALIVE | cansado contento dormido hambriento enfadado preocupado enamorado casado
ALIVE | simpático amable valiente generoso
ALIVE plant | enfermo joven
food drink plant sea person | salado
VEHICLES machine part | averiado
opening text vessel building machine plant place wound clothes body gift person | abierto cerrado
bulb machine VEHICLES sun person | encendido apagado
plant clothes place grass | florido
sky place | nublado despejado
clothes | planchado
lesson text song film instrument machine crime person baby picture toy | difícil fácil
"""


def read(table):
    """verb or adjective -> the groups of nouns it can go with."""
    found = {}
    for groups, words in rows(table):
        together = {name for group in groups.split() for name in MACROS.get(group, group).split()}
        for word in words.split():
            found.setdefault(word, set()).update(together)
    return found


DOERS, DONE_TO, SUCH = read(DOERS), read(DONE_TO), read(SUCH)
