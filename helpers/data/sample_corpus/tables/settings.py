"""Where the scenes of the sample corpus play, and what can happen there: a table, read by ``events.py``.

A setting (``[*]`` is everywhere, ``[parque*8]`` is eight times as common as ``[taller]``) says who and what is there
(``subjects``, noun classes), what there may be (``hay``, thing and place), what people say there (``say``), and has its
events, one a line:

    who verb | objects | circumstances

``*3`` is weight, ``^`` marks a state (no "está teniendo"), ``!`` what nobody likes or is told to do.  ``@dish`` stands
for any noun of that class, ``@dish+`` for its plural; the determiner before it agrees with it, ``su`` is also mi or tu
as the subject asks, ``a el`` becomes al.  ``person`` is people of every class and yo, tú, nosotros; ``grown`` leaves
children out; ``it`` is nobody: llueve.
"""

SETTINGS = """
[*]
say: Buenos días.; Buenas noches.; Hola, ¿qué tal?; Muchas gracias.; De nada.; ¿Qué pasa?; No lo sé.
say: Lo siento mucho.; ¡Vamos!; Sí, claro.; ¡Cuidado!; Perdón.; ¿De verdad?; No te preocupes.; Tienes razón.
say: ¡Qué alegría!; Hasta mañana.; ¿Estás seguro?; Espera un momento.
person   hablar*6       | | con su @relative*2; con su @friend*2; con su @friend+; por teléfono*2; en voz baja
person   reírse*2       | | a carcajadas; con su @friend
person   llorar!*2      | | en silencio; de alegría; en el @room
person   cantar*2       | un @song*2 | en la fiesta; en la ducha; en voz baja
person   leer*2         | un @text*2; el @text; ese @text | en silencio; en el sofá
person   escribir       | un @writing*2; una carta | por la noche; a mano
person   beber          | @soft*2; un vaso de @soft | con su @friend
grown    beber          | @drink*2; un vaso de @drink | con su @friend
person   comer*2        | el @dish*2; un @fruit*2; un @sweet; el @sweet | con su @relative; en la cocina; en el jardín
bird     cantar*8       | | en el @perch*3; al amanecer*2; por la mañana; muy bien; en el jardín
bird     volar*5        | | hacia el sur; sobre el tejado; por el aire; muy alto; sobre el mar
bird     piar*3         | | en el nido*2; en el @perch; de hambre
bird     hacer          | el nido*2; un nido | en el @perch
bird     comer          | @seed+*2; un gusano | en el balcón; en el tejado
bird     posarse*2      | | en el @perch*2; en el tejado
duck     nadar*3        | | en el lago*2; en el río
duck     graznar*2      | | en el lago; en la orilla
dog      ladrar*6       | | en el patio; por la noche*2; en la puerta; sin parar
dog      morder*2       | un hueso*2; el hueso; un zapato | en el patio
dog      correr*2       | | por el @outside; detrás de el gato
dog      dormir         | | en la alfombra; en el suelo
cat      maullar*5      | | en el tejado; de hambre; por la noche; en la puerta
cat      ronronear*2    | | en el sofá; en la alfombra
cat      cazar*2        | un @mouse*2; el @mouse | en el tejado; por la noche
cat      dormir*2       | | en la cama; en el sofá; en la alfombra
baby     llorar!*4      | | por la noche; de hambre*2; en la cuna
baby     dormir*2       | | en la cuna; como un ángel
baby     gatear*2       | | por el @room; por la alfombra
insect   zumbar*2       | | en el jardín; cerca de la ventana
insect,butterfly volar*2        | | cerca de la flor; por el jardín

[cocina*4]
subjects: kin*6 child*2 dish*3 drink cat*2 machine container bird mouse
hay: @drink|en la nevera; un @fruit|en la cocina; un @crockery|en la mesa; un @container|en la mesa
say: ¿Qué hay para cenar?; Tengo hambre.; Huele muy bien.; ¿Quieres más?; Está riquísimo.; La cena está lista.
say: ¡A la mesa!; Tengo mucha sed.
person   comer*4        | el @dish*3; un @fruit*2; el @sweet | en la cocina; muy despacio; con su @relative
person   beber*3        | @soft*3; un vaso de @soft*2 | en la cocina
grown    beber          | @drink | en la cocina
grown    cocinar*4      | el @dish*3; el pescado | en el horno; con aceite; en la cocina
grown    preparar*2     | la cena*3; el desayuno*2; el @dish | en la cocina
person   fregar*2       | el @crockery+*3; el @container+*2; el suelo | con agua caliente
grown    cortar*2       | el @bread*2; la tarta*2; la carne | con el cuchillo*2
grown    freír*2        | el @vegetable+*2; el pescado | en la sartén
grown    pelar          | el @vegetable+*2; un @fruit | con el cuchillo; para la cena
dish     quemarse*2     | | en el horno*2; en la sartén
dish     enfriarse*2    | | en la mesa*2; en el plato
drink    enfriarse      | | en la nevera*2; en la mesa
container caerse         | | a el suelo
container romperse       | | en la cocina

[salón*3]
subjects: kin*6 child*3 bell*3 cat*2 dog*2 bird*2 machine bulb*2 baby*2 film*2 opening text
hay: un @cat|en el sofá; un @text|en la mesa
say: ¿Quién es?; ¿Dónde está el periódico?; Hace frío aquí.; Estoy en casa.; ¿Qué hora es?; Siéntate, por favor.
person   ver*4          | el @film*2; la televisión*3 | en el sofá*2; con su @relative; en el salón
person   encender*2     | el @bulb*2; la televisión; la radio | en el salón*2; en el pasillo
person   apagar*2       | el @bulb*2; la televisión; la radio | en el salón*2; en el pasillo
person   abrir          | la puerta*2; la caja | con la llave*2
person   abrir*2        | el @opening | con cuidado*2; muy despacio
person   cerrar*2       | el @opening*3; la ventana | con cuidado*2; muy despacio
person   jugar*2        | | a el ajedrez*2; con su @relative
person   escuchar*2     | la radio*2; un @song; música | en el salón; en silencio
grown    hablar*3       | | en el salón*2; con su hijo; con su @friend+
bell     sonar*4        | | en el salón; en el pasillo; muy fuerte
bulb     apagarse*2     | | en el salón; en el pasillo
film     empezar*2      | | a las nueve*2; tarde
film     terminar*2     | | a las once; muy tarde
machine  funcionar*2    | | muy bien; muy mal
machine  estropearse    | |

[dormitorio*2]
subjects: kin*6 child*4 baby*3 bell*3 clothes*3 cat
hay: un @clothes|en el armario; un @clothes|en la cama
say: ¿Has dormido bien?; Es muy tarde.; ¡A la cama!; Tengo sueño.; ¿Qué hora es?; Buenas noches, mi amor.
say: Que sueñes con los ángeles.
person   despertarse!*3 | | a las siete*2; temprano*2; muy tarde
person   levantarse*3   | | a las ocho*2; temprano*2; de la cama
person   acostarse*2    | | a las once; temprano; en el sofá; muy tarde
person   dormir*5       | | en la cama*2; en el sofá; toda la noche*2; con la luz encendida
person   soñar*2        | | con su @relative; con el mar; con su @friend
person   vestirse*2     | | en el dormitorio; delante de el espejo
person   ponerse*3      | el @clothes*3; el @shoe+*2 | para la fiesta; en el dormitorio
person   quitarse*2     | el @clothes*2; el @shoe+*2 | en el pasillo; en el dormitorio
person   lavarse*2      | las manos; la cara*2; los dientes*2 | en el baño*2; con agua fría
person   peinarse       | | delante de el espejo*2; en el baño
person   ducharse*2     | | con agua caliente; con agua fría
grown    planchar*2     | el @clothes | en el dormitorio; para la boda
bell     sonar*3        | | a las siete*2; muy fuerte

[parque*8]
subjects: bird*36 child*5 dog*4 kin*3 flower*2 insect butterfly tree baby friend*2 duck
hay: un @bird|en el @perch; un @flower|en el jardín; un @duck|en el lago; un @dog|en el parque
say: ¡Qué día tan bonito!; ¡Ven aquí!; ¿Dónde está la pelota?; Hace mucho sol.; ¡No corras tanto!; Vamos al cine.
say: ¿Damos un paseo?
person   pasear*4       | | por el parque*2; con el perro; con su @friend*2; por el jardín
person   correr*2       | | por el parque*2; con su @friend
person   hablar*2       | | en el parque; en el banco; con su @friend
child    jugar*5        | | en el parque*2; con el @toy*2; a el escondite; a el fútbol
child    saltar*2       | | en el charco; en el jardín
child    trepar*2       | | a el árbol*2
person   sentarse*2     | | en el banco*2; en la hierba; a la sombra
grown    regar*2        | el @flower*2; el @flower+ | en el jardín; por la tarde
grown    plantar*2      | un @tree*2; una rosa | en el jardín*2
person   descansar*2    | | a la sombra*2; en el banco
bird     bañarse*2      | | en la fuente*2; en el lago
dog      enterrar*2     | un hueso*2; el hueso | en el jardín*2
dog      jugar*2        | | con la pelota*2; en el parque
flower   crecer*2       | | en el jardín; muy rápido
flower   florecer*3     | | en primavera; en el jardín
flower   marchitarse*2  | | en otoño; sin agua
tree     florecer       | | en primavera
tree     crecer*2       | | muy despacio; en el parque

[jardín*6]
subjects: bird*26 kin*5 cat*4 flower*3 insect*2 tree*2 child*2 butterfly
hay: un @bird|en el @perch; un @flower|en el jardín; un @cat|en el tejado
say: ¿Oyes los pájaros?; Las rosas están preciosas.; Hay que regar las plantas.; ¡Qué tarde tan bonita!; Ven al jardín.
grown    regar*4        | el @flower*2; el @flower+ | en el jardín; por la tarde
grown    plantar*3      | un @tree*2; una rosa | en el jardín*2
person   descansar*2    | | a la sombra*2; en la hierba
person   pasear*2       | | por el jardín*2
grown    cortar*2       | una rosa*2; la hierba*2 | en el jardín; por la tarde
cat      perseguir*2    | a el @bird*2; a el @mouse | por el tejado; por el jardín
bird     bañarse*2      | | en la fuente*2
flower   crecer*2       | | en el jardín; muy rápido
flower   florecer*3     | | en primavera; en el jardín
flower   marchitarse*2  | | en otoño; sin agua
tree     crecer         | | muy despacio; en el jardín

[bosque*3]
subjects: bird*20 wolf*3 bear*2 tree*3 kin*3 friend*3 sun
hay: un @bird|en la rama; un @wolf|en el bosque; un @bear|en la cueva
say: ¿Has oído eso?; Estamos perdidos.; No hagas ruido.; Mira ese pájaro.; ¡Qué silencio!; Tengo un poco de miedo.
person   caminar*4      | | por el bosque*3; hasta el lago; muy despacio
person   recoger*3      | setas*2; leña*2 | en el bosque*2
person   encender*2     | el fuego*3 | con dificultad; en el bosque
wolf     aullar*5       | | a la luna*2; en el bosque*2
wolf     cazar*3        | un @prey*3 | en el bosque
bear     dormir*3       | | en la cueva*3
bear     comer*2        | miel*3 | en el bosque; en la cueva
bear     trepar         | | a el árbol
tree     perder!        | las hojas*2 | en otoño*2
tree     crecer*2       | | muy despacio; en el bosque
sun      brillar*4      | | en el cielo*2; sobre la montaña

[calle*3]
subjects: car*6 driver*4 grownup*3 kin*4 bus*3 police*2 friend*2 building
hay: un @car|delante de la puerta; un @car|en el garaje
say: ¡Taxi!; ¡Frena!; ¡Más despacio!; ¿Adónde vamos?; Estamos muy lejos.; No hay nadie en la calle.; ¿Falta mucho?
grown    conducir*5     | el @car*4 | por la ciudad*2; con cuidado*2; muy rápido; por la noche
grown    aparcar*4      | el @car*4 | en el garaje*2; en la calle; delante de la tienda
person   cruzar*3       | la calle*3; la plaza; el puente | con cuidado*2; muy rápido
person   esperar!*3     | el @bus*3; un taxi | en la parada*2; en la esquina
person   coger*2        | el @bus*3; un taxi | en la plaza; en la esquina
person   caminar*2      | | por la calle; hasta la plaza; muy despacio
driver   frenar*2       | | en la esquina; delante de el semáforo
car      arrancar*3     | | con dificultad; muy despacio
car,bus  frenar*3       | | en la esquina; de repente; delante de el semáforo
bus      llegar*3       | | tarde*2; a las ocho; a la estación
car      girar*2        | | a la derecha; a la izquierda; en la esquina

[estación]
subjects: bus*4 plane*5 kin*4 friend*3 pilot*3 boat
hay: un @bus|en el andén; un @plane|en el aeropuerto
say: ¡Buen viaje!; ¡Date prisa!; ¿A qué hora sale el tren?; Te echo de menos.; Te voy a escribir.
say: Aquí tiene mi pasaporte.; ¡Adiós, mi amor!
plane    despegar*4     | | a las seis; con retraso*2; de el aeropuerto
plane    aterrizar*4    | | en el aeropuerto*2; en Madrid; con retraso
plane    volar*2        | | sobre el mar; sobre la ciudad; muy alto
pilot    pilotar*4      | el @plane*3 | sobre el mar; con cuidado
person   viajar*5       | | en tren*2; en avión*2; a Madrid; a la capital; con su @relative
person   hacer*2        | la maleta*3; el viaje | por la noche; con su @relative
person   esperar!*3     | el @bus*3; el avión | en la estación*2; en el andén
bus      salir*4        | | a las nueve; con retraso*2; de la estación
bus      llegar*4       | | con retraso*2; a las ocho; a Madrid

[hospital*2]
subjects: doctor*8 patient*7 kin*3 wound*2 medicine
hay: un @patient|en la consulta; un @doctor|en el quirófano; un @medicine|en la mesa
say: ¿Cómo se encuentra?; Me duele la cabeza.; No es grave.; Abra la boca, por favor.; ¿Es usted el médico?
say: Necesito ayuda.; Ha perdido mucha sangre.
doctor   curar*5        | a el @patient*4; la herida | en el hospital*2; en la consulta
doctor   operar*4       | a el @patient*4 | en el quirófano*2; de el corazón; con cuidado
doctor   examinar*3     | a el @patient*2; la herida | en la consulta*2; con cuidado
patient  toser!*3       | | por la noche; sin parar*2
person   tomar*3        | el @medicine*3; un @medicine | con agua*2; después de la cena
patient  descansar*2    | | en la cama*2; en la habitación
patient,kin tener!^*2      | fiebre*2; tos; la gripe; dolor de cabeza |
medicine curar          | la gripe*2; la tos*2 |

[veterinario*2]
subjects: vet*6 dog*5 cat*4 bird*3 kin*2 child*2 horse
hay: un @dog|en la clínica; un @cat|en la consulta; un @bird|en la jaula
say: ¿Qué le pasa al perro?; No come nada.; Pobrecito.; ¿Cómo se llama?; No tengas miedo.; Es un perro muy bueno.
say: ¡Quieto!
vet      curar*5        | a el @dog*2; a el @cat*2; a el @bird | en la clínica*2; con cuidado
vet      vacunar*4      | a el @dog*2; a el @cat*2; a el @horse | en la clínica*2
vet      examinar*3     | a el @dog; a el @cat; a el @bird | en la consulta*2; con cuidado
vet      operar*2       | a el @dog; a el @cat | en la clínica; de la pata
dog,cat,horse cojear!*2      | | de una pata*2
person   acariciar*3    | a el @dog*2; a el @cat*2 | con cuidado; en el sofá
person   bañar*2        | a el @dog*2 | en el patio; con agua caliente
dog      mover*2        | la cola*3 |

[escuela*3]
subjects: teacher*6 pupil*6 child*5 bell lesson*3 friend
hay: un @pupil|en el patio; un @teacher|en la biblioteca; un @text|en la mesa
say: Silencio, por favor.; ¿Alguna pregunta?; ¿Has hecho los deberes?; No he estudiado nada.; ¡Muy bien!
say: La clase ha terminado.; ¿Puedo salir?
teacher  explicar*5     | el @lesson*3 | en clase*2; en la pizarra*2
teacher  corregir*4     | el @lesson+*3 | por la noche; en el despacho
pupil,child aprender*3     | la lección; @subject*2; un poema | en clase*2; de memoria
pupil,child estudiar*5     | @subject*2; la lección*2 | en la biblioteca*2; para el examen
pupil,child hacer*3        | los deberes*3; el ejercicio | en la biblioteca*2; con su @friend
pupil,child dibujar*3      | un perro; una casa; un barco; un árbol; un @bird | en el cuaderno*2; en la pizarra*2
pupil    levantar       | la mano*2 | en clase
bell     sonar*3        | | en el patio; a las doce
lesson   terminar       | | a las doce

[restaurante*2]
subjects: waiter*6 cook*5 customer*5 dish*3 drink*2 kin*2 friend*2
hay: un @crockery|en la mesa; un @customer|en la barra
say: ¿Qué van a tomar?; Una mesa para dos, por favor.; La cuenta, por favor.; Está delicioso.; ¡Salud!
say: ¡Buen provecho!; Para mí, un café.
waiter   servir*5       | el @dish*2; el @drink*2 | en la mesa*2; con una sonrisa
waiter   traer*3        | la cuenta*2; el @dish*2; el @drink*2 | a la mesa*2
waiter   limpiar*2      | la mesa*2; la barra |
cook     cocinar*5      | el @dish*3 | en el horno*2; con aceite; en la cocina
cook     pelar*2        | el @vegetable+*3 | en la cocina; con el cuchillo
cook     freír*2        | el @vegetable+; el pescado | en la sartén*2
customer,kin,friend pedir*4        | el @dish*2; la cuenta*2; un vaso de @drink | a el camarero*2
customer pagar*3        | la cuenta*3; la cena | con tarjeta*2; en la barra
person   comer*3        | el @dish*3 | en el restaurante*3; con su @friend
grown    beber*3        | @drink*3 | en el bar*2; en la barra; con su @friend
dish     quemarse*2     | | en el horno*2
dish     enfriarse*2    | | en la mesa*2; en el plato
drink    enfriarse      | | en la nevera*2; en la mesa

[playa*3]
subjects: kin*4 child*5 fish*5 boat*5 fisher*4 sailor*3 sea*2 bird*4 sun
hay: un @boat|en el puerto; un @fish|en el río; un @bird|en la playa
say: ¡El agua está helada!; ¿Sabes nadar?; ¡Tierra a la vista!; ¡Hombre al agua!; ¡Mira esa ola!; Me encanta el mar.
person   nadar*5        | | en el mar*2; en la piscina; en el río; muy bien
person   bañarse*3      | | en el mar*2; en el río; con su @friend
person   descansar*2    | | en la playa*2; a la sombra
fish     nadar*8        | | en el mar*2; en el río*2; bajo el barco; en el fondo
fish     morder*2       | el anzuelo*3 |
child    hacer*3        | un castillo de arena*3 | en la playa*2; en la orilla
boat     navegar*4      | | por el mar*2; por el río; hacia el norte; cerca de la costa
boat     zarpar*3       | | a las cinco; a el amanecer; de el puerto*2
boat     hundirse*2     | | en el mar*2; cerca de la costa
fisher   pescar*5       | un @fish*3; muchos peces | en el río*2; en el mar; desde la barca
sailor   navegar*2      | | por el mar*2; hacia el sur
sun      brillar*4      | | sobre el mar*2; en el cielo

[granja*3]
subjects: horse*5 cow*4 sheep*3 hen*4 farmer*6 dog*2 bird*5 crop*3 insect duck
hay: un @horse|en el establo; un @cow|en el prado; un @hen|en el gallinero; un @sheep|en el prado
say: ¡Arre!; ¡Qué aire tan puro!; La cosecha es buena.; ¿Has dado de comer a las gallinas?; Ya sale el sol.
say: Hay mucho trabajo.
horse    galopar*5      | | por el campo*2; por el prado*2; muy rápido
horse    relinchar*2    | | en el establo*2
horse    saltar         | la valla*2 |
horse,cow,sheep comer*3        | hierba*3; paja*2 | en el prado*2; en el establo
horse,cow,sheep beber*2        | agua*2 | en el río*2
cow,sheep pastar*5       | | en el prado*3; en la montaña
cow      mugir*3        | | en el establo*2; en el prado
sheep    balar*3        | | en el prado; en la montaña
hen      poner*4        | un huevo*2; huevos*2 | en el gallinero*2
hen      cacarear*4     | | en el gallinero*2; a el amanecer
farmer   ordeñar*4      | la vaca*2; las vacas*2; la cabra | a el amanecer*2; en el establo
farmer   sembrar*3      | el @crop+*3; el trigo | en primavera; en el campo*2
farmer   regar*2        | el @crop+*2 | en el huerto*2
crop     crecer*3       | | en el campo*2; en el huerto
insect   picar*3        | a el granjero; a el niño; a el caballo | en el brazo*2; en la cara
insect   zumbar*3       | | en el jardín; cerca de la ventana

[teatro*2]
subjects: musician*8 dancer*5 instrument*3 film*3 kin*2 friend*2 song
hay: un @instrument|en el escenario; un @musician|en el teatro
say: ¡Bravo!; ¡Otra, otra!; ¡Qué bien canta!; ¿Me concede este baile?; No hay entradas.; La función va a empezar.
say: Me encanta esta canción.
musician tocar*7        | el @instrument*6 | en el teatro*2; con la orquesta*2; en la fiesta; muy bien
musician cantar*5       | un @song*3 | en el escenario*2; en la boda
dancer   bailar*7       | un tango*2; un vals*2 | en el escenario*2; con elegancia*2
person   bailar*3       | | en la fiesta*2; con su @friend*2; toda la noche
person   escuchar*3     | el @song*2; la orquesta*2 | en el teatro*2; en silencio
instrument sonar*3        | | muy bien*2; muy mal
film     empezar*3      | | a las ocho*2; tarde
film     terminar*2     | | muy tarde; a las once
song     sonar*3        | | en la radio*2; en la fiesta

[comisaría]
subjects: police*8 thief*7 grownup*2 lawyer*2 dog car
hay: un @police|en la puerta; un @thief|en la cárcel; un @weapon|en el coche
say: ¡Manos arriba!; ¡Alto!; ¡No se mueva!; Está detenido.; Soy inocente.; Quiero un abogado.
say: ¿Dónde estaba usted anoche?; No diré nada.
police   arrestar*4     | a el @thief*4 | en la calle*2; en la frontera
police   perseguir*3    | a el @thief*3 | por la calle*2; por el tejado
police   interrogar*4   | a el @thief | en la comisaría*3
police   disparar!*2    | | a el ladrón; a el aire*2
police   investigar*3   | el @crime*3 | en la ciudad; con cuidado
thief    robar*5        | el @jewel*4; el dinero*2; un @picture | en el museo*2; en el hotel; por la noche
thief    huir!*3        | | por la ventana*2; por el tejado; de la cárcel*2
thief    esconder*3     | el @jewel*2; el dinero*2; el @weapon | debajo de la cama; en el jardín
thief    mentir!*2      | | a el juez; a el policía
thief    confesar!*3    | el @crime*3 | en la comisaría
lawyer   defender*3     | a el @thief*3 | en el juicio*2

[montaña*2]
subjects: rain*4 wind*3 storm*2 sun*5 sky*6 kin*3 friend*3 tree bird*3 wolf*2
hay: un @tree|en la montaña; un @storm|en el cielo; un @wolf|en el bosque
say: Hace mucho frío.; ¡Está lloviendo!; ¡Mira la nieve!; Estamos perdidos.; Se acerca una tormenta.; ¿Tienes frío?
say: Va a llover.
it       llover*6       | | mucho*2; en la ciudad; sin parar*2; en el norte
it       nevar*4        | | mucho; en la montaña*2; en el norte
it       hacer*3        | frío*2; calor*2; viento; sol | en la calle; en la montaña
rain     caer*6         | | sobre la ciudad; en la montaña; sin parar*2; sobre el tejado*2
wind     soplar*6       | | con fuerza*2; desde el norte; en la montaña
storm    acercarse*3    | | desde el norte*2; a la ciudad
sun      brillar*6      | | en el cielo*3; sobre el mar; sobre la montaña
person   esquiar*3      | | en la montaña*2; muy bien; con su @friend
person   caminar*4      | | por la nieve; por el bosque*2; hasta el lago; muy despacio
person   abrir          | el paraguas*2 | en la calle
person   mojarse!*2     | | con la lluvia*2
grown    encender       | el fuego*3; una vela | en el bosque; con dificultad
tree     perder!        | las hojas*2 | en otoño*2
wolf     aullar*4       | | a la luna*2; en el bosque*2

[zoo*2]
subjects: lion*5 wolf*3 bear*3 monkey*4 child*4 kin*2 bird*5 fish*2
hay: un @lion|en la jaula; un @bear|en la cueva; un @bird|en la jaula; un @monkey|en el árbol
say: ¡Mira, un león!; ¿Muerde?; ¡Qué grande es!; No te acerques.; ¡Qué miedo!; ¿Qué comen los osos?
say: Quiero ver los monos.
lion     rugir*5        | | en la jaula*2; en la selva*2; con fuerza
wolf     aullar*5       | | a la luna*2; en el bosque*2
lion,wolf cazar*3        | un @prey*3 | en el bosque; en la selva
lion,wolf devorar*2      | la carne*2; un @prey*2 | en la jaula
bear     comer*2        | miel*3; pescado | en el bosque; en la cueva
bear     dormir*3       | | en la cueva*3; en invierno
monkey   trepar*4       | | a el árbol*2; por la rama*2
monkey   comer*3        | plátanos*2; un plátano*2 | en el árbol*2; en la jaula
bear     trepar         | | a el árbol
person   fotografiar*3  | a el @lion; a el @monkey; a el @bear | desde lejos

[tienda*2]
subjects: shopper*5 customer*4 kin*4 friend*3 clothes*4
hay: un @clothes|en la tienda; @fruit+|en el mercado
say: ¿Cuánto cuesta?; Es demasiado caro.; ¿En qué puedo ayudarle?; Me queda grande.; Solo estoy mirando.
say: ¿Tiene otro color?; Me lo llevo.
grown    comprar*5      | un @clothes*3; @fruit+*2; @bread | en el mercado*2; en la tienda*2
shopper  vender*5       | @fruit+*2; el @clothes*2; flores | en el mercado*2; en la tienda
person   ponerse*3      | el @clothes*3 | en la tienda*2; delante de el espejo
grown    pagar*3        | la cuenta*2; el abrigo | con tarjeta*2; en la caja

[taller]
subjects: mechanic*6 car*4 painter*4 builder*3 machine*2 furniture*2 building
hay: un @car|en el taller; un @furniture|en el taller
say: ¿Qué le pasa al coche?; No arranca.; ¿Cuánto va a costar?; Mañana está listo.; Pásame el martillo.
say: Hay que cambiar la rueda.
grown    trabajar*4     | | en el taller*2; hasta tarde*2; con su @friend
mechanic reparar*5      | el @car*3; el motor*2 | en el taller*3
painter  pintar*5       | la pared*2; el techo; un @picture*3 | de blanco; en el taller
builder  construir*4    | el @building*2; un @building*2; la pared | con piedra; en el pueblo
car      arrancar*3     | | con dificultad*2
car      perder!        | aceite*2 |
machine  estropearse*3  | |

[fiesta*2]
subjects: kin*6 friend*5 guest*4 musician*3 child*3 song dish
hay: un @musician|en la fiesta; un @sweet|en la mesa; @drink|en la mesa
say: ¡Feliz cumpleaños!; ¡Vivan los novios!; ¡Felicidades!; ¿Bailas conmigo?; Estás muy guapa.; ¡Qué sorpresa!
say: Te quiero mucho.
person   bailar*5       | | en la fiesta*2; con su @friend*2; toda la noche; un vals
person   cantar*3       | un @song*3 | en la fiesta*2; con su @friend
person   abrir*2        | el regalo*3; los regalos | en la fiesta; con cuidado
grown    celebrar*3     | el cumpleaños*2; la boda*2 | en el restaurante; con su @friend
person   abrazar*3      | a su @relative*3; a su @friend*2 | en la puerta; con alegría
person   besar*2        | a su @relative*2; a su @friend | en la cara
grown    casarse!*3     | | en la iglesia*2; en verano; en el pueblo
child    soplar         | las velas*3 |
musician tocar*4        | el @instrument*4 | en la fiesta*3
"""
