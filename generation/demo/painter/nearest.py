"""Words without a motif of their own, and the nearest motif that the painter knows.

The table has the form of `vocabulary.MOTIFS`. Its subjects outweigh places, so that a wolf in a
forest becomes a fox in a forest; its places and objects are lighter than any motif named itself.
"""

from __future__ import annotations

NEAREST: dict[str, tuple[int, str]] = {
    # Animals
    "fox": (
        8,
        "волк волч волчиц =енот =енота енотов барсук белк белоч бельч бурундук заяц зайц зайч "
        "зайк кролик кролич хорек куниц ежик =еж =ежа =ежи =ежей мышь =мыши мышк мышон хомяк бобр "
        "рыс wolf wolves raccoon badger squirrel chipmunk hare rabbit bunny ferret marten "
        "hedgehog =mouse =mice hamster beaver lynx panda панд коал koala kangaroo кенгуру possum "
        "otter выдр =животное =зверь зверек зверят =animal =animals creature",
    ),
    "dog": (
        8,
        "медвед медвеж мишк =bear =bears =cub свинь свинк свино порос =pig =pigs piglet овц овеч "
        "овечк барашек козл =коза =козу козленок sheep lamb =goat =goats обезьян monkey gorilla "
        "горилл тюлен =seal walrus морж",
    ),
    "horse": (
        8,
        "коров =бык =быка =быки теленок телят олен лось лося лоси косул зебр жираф осел ослик "
        "верблюд единорог пегас кентавр буйвол бизон слон носорог бегемот =cow =cows =bull =calf "
        "deer reindeer =stag =elk moose zebra giraffe donkey =mule camel unicorn pegasus centaur "
        "buffalo bison elephant rhino hippo llama лама альпак alpaca cowboy ковбо всадник rider",
    ),
    "cat": (
        8,
        "тигр =лев =льва =львы =льву =львом львиц львен леопард пантер пум гепард ягуар tiger "
        "=lion =lions lioness leopard panther puma cheetah jaguar cougar sphynx",
    ),
    "bird": (
        8,
        "=сова =сову =совы совен филин =орел =орла =орлы =орлов орлиц сокол ястреб ворон ворона "
        "голубь =голубя =голуби =голубей голубк попуга лебед утк уточк гусь =гуся =гуси =гусей "
        "гусын куриц цыпл петух петуш павлин пингвин фламинг колибри дятел дятл ласточк фазан "
        "феникс =owl =owls eagle falcon hawk raven =crow =crows pigeon =dove parrot swan =duck "
        "=ducks duckling =goose =hen chicken rooster peacock penguin flamingo hummingbird "
        "woodpecker =swallow =swallows =heron =herons цапл phoenix stork аист бабочк butterfl "
        "стрекоз dragonfly",
    ),
    "jellyfish": (
        8,
        "=рыба =рыбу =рыбы =рыбе =рыбой =рыб рыбк рыбин акул =кит =кита =киты дельфин осьминог "
        "кальмар черепах краб подводн коралл_риф русал =fish =fishes goldfish shark whale dolphin "
        "octopus squid turtle =crab underwater coral_reef mermaid seahorse",
    ),
    "dragon": (
        8,
        "динозавр ящер змея змею змеи =змей крокодил чудовищ монстр демон грифон гидр dinosaur "
        "lizard snake serpent crocodile monster demon griffin hydra beast godzilla годзилл t-rex",
    ),
    # People
    "portrait": (
        8,
        "блондин брюнет blond brunette redhead девушк женщин девочк мужчин мальчик парень парн "
        "юнош старик старушк бабушк дедушк ребенок детей дети мать отец мама папа невест жених "
        "балерин танцов танцор певиц певец музыкант актер актрис корол королев принцесс =принц "
        "=принца =принцы принцев рыцар воин самурай ниндзя викинг волшебн =маг =маги =мага =магов "
        "колдун ведьм фея эльф ангел богин вампир пират детектив врач доктор учител солдат "
        "художник лицо =глаз =глаза =глазами =woman =women =girl =girls =man =men =boy =boys =guy "
        "=lady child children kid mother father =mom =dad bride groom ballerina dancer singer "
        "musician actor actress =king =queen princess prince knight warrior samurai ninja viking "
        "wizard mage sorcerer witch fairy =elf =elves angel goddess vampire pirate detective "
        "doctor teacher soldier painter artist =face =eyes =hero =heroes герой героин супергер "
        "superhero batman elven anime аниме персонаж character human =people =люди =человек "
        "=person младен =малыш =малыша семья семьи семью семьей близнец стоматолог скейтбордист "
        "футболист спортсмен пловец пловчих бегун бегунь медсестр полицейск пожарн =повар =повара "
        "=поваром официант охотник клоун =дед =деда =деду =дедом стату скульптур grandmother "
        "grandfather grandma grandpa granny =baby =babies toddler family =couple twins dentist "
        "skateboarder footballer athlete swimmer runner nurse policeman policewoman firefighter "
        "fireman =chef =cook waiter waitress farmer hunter clown statue sculpture",
    ),
    # Machines
    "robot": (
        8,
        "компьют ноутбук смартфон телефон механизм терминатор трансформер дрон инопланет "
        "космонавт астронавт скафандр computer laptop smartphone =phone telephone =radio =радио "
        "machine mechanism terminator transformer =drone alien astronaut cosmonaut spacesuit =ai "
        "steampunk стимпанк игрушк =toy =toys mech",
    ),
    "car": (
        8,
        "грузовик автобус мотоцикл мотороллер скутер велосипед трактор фургон джип внедорож "
        "спорткар ферра порше бмв гоночн truck =bus =buses motorcycle motorbike scooter bicycle "
        "bike tractor =van jeep suv supercar ferrari porsche bmw toyota tesla racing vehicle "
        "транспорт tank =танк",
    ),
    "train": (8, "трамва =метро вагон монорельс tram tramway subway =metro wagon monorail вокзал"),
    "ship": (
        8,
        "пароход крейсер подлодк субмарин лайнер =паром =парома =паромы баркас баржа ладья "
        "steamboat steamship cruiser submarine liner ferry barge vessel titanic титаник",
    ),
    "balloon": (
        8,
        "дирижабл парашют параплан воздушн_зме =kite =kites airship zeppelin parachute paraglid",
    ),
    # Buildings and settlements
    "castle": (
        5,
        "башн собор храм монастыр дворц средневеков фэнтези фентези готич tower cathedral temple "
        "monastery medieval fantasy gothic kingdom королевств хогвартс hogwarts pagoda пагод",
    ),
    "town": (
        5,
        "церк церков часовн школ ратуш площад рынок рынк ярмарк магазин лавк пекарн отель "
        "гостиниц дома крыш двор church chapel school =square market =fair shop bakery hotel "
        "roofs rooftops suburb prague прага европ europe italy итали tuscany тоскан парикмахер "
        "цирк circus",
    ),
    "street": (
        5,
        "кафе ресторан витрин фонар париж лондон петербург cafe restaurant shopfront lantern "
        "lamppost paris london sidewalk заправк остановк gas_station bus_stop",
    ),
    "city": (
        5,
        "столиц мегаполис нью-йорк небоскр чикаго гонконг шанхай пекин york manhattan hong_kong "
        "shanghai салют фейерверк вечеринк концерт firework =party =parties concert nightclub",
    ),
    "cabin": (
        5,
        "=хата =дача =дачу =даче =дачи =дачей дачн усадьб баня ферм мельниц палатк костер костр "
        "mill tent campfire bonfire farmhouse homestead lodge",
    ),
    "architecture": (
        5,
        "комнат интерьер гостиная гостиной гостиную спальн кухн офис библиотек музе галере "
        "колоннад пирамид room interior bedroom kitchen office library museum gallery pyramid "
        "hall column гараж балкон подъезд =лифт =лифте =дверь =двери дверн театр кинотеатр "
        "больниц завод фабрик электростанц диван кровать =кровати ванн холодильник телевизор "
        "бассейн спортзал garage balcony elevator =door =doors theater theatre cinema hospital "
        "factory power_plant sofa couch =bed bathtub bathroom fridge refrigerator =tv television "
        "=pool =gym",
    ),
    "lighthouse": (5, "остров скалист_остров island islet утес"),
    "harbor": (
        5,
        "=канал =канала =канале =каналы =каналов венеци амстердам venice amsterdam canal набережн",
    ),
    "bridge": (5, "=река =реки =реку =реке =рекой речк ручей ручь river stream creek brook"),
    "garden": (
        5,
        "=парк =парке =парка =парки =парком скамейк скамья фонтан лабиринт куст =трава =траве "
        "=траву =травы травинк бабушкин_двор теплиц оранжере =park bench fountain maze bush shrub "
        "hedge greenhouse picnic пикник пчел =bee =bees ladybug божь_коров качел песочниц "
        "детск_площадк плющ бамбук улитк муравей муравь лягуш паук паутин playground =swing "
        "=swings sandbox =ivy bamboo snail =ant =ants =frog =frogs spider",
    ),
    "snow_village": (
        5,
        "рождеств рождественск новый_год новогод сочельник санта дед_мороз снегурочк снеговик "
        "гирлянд christmas new_year santa snowman sleigh garland",
    ),
    # Nature
    "mountains": (
        3,
        "вулкан каньон долин ущел обрыв пейзаж небо небеса самолет вертолет volcano canyon valley "
        "gorge landscape scenery =sky heaven airplane plane aircraft helicopter nature природ "
        "иллюстраци_природ adventure приключени",
    ),
    "forest": (3, "болот тропинк гриб папоротник мох swamp path mushroom fern moss leaves листья"),
    "field": (
        3,
        "сено стог трактор_в_пол степ прери урожай hay haystack steppe prairie harvest футбол "
        "баскетбол теннис стадион гольф football soccer basketball tennis stadium baseball =golf",
    ),
    "sea": (
        3,
        "рыбалк рыбак рыбац рыболов =fishing fisherm angler серф яхтинг лагун тропик пальм отпуск "
        "surf lagoon tropic palm vacation deep_blue =вода =воды =воде =воду =водой =water",
    ),
    "dunes": (3, "марс марсиан египет оазис mars martian egypt oasis savanna саванн кактус cactus"),
    "aurora": (
        3,
        "арктик антаркт ледник айсберг север_полюс arctic antarctic glacier iceberg =ice",
    ),
    "space": (
        3,
        "ракет спутник комет метеор черная_дыр галактическ вселенская нло rocket satellite comet "
        "meteor black_hole ufo spaceship starship sci-fi фантастик future будущ",
    ),
    "flower": (
        3,
        "флор ирис орхиде =мак =маки =маков =маковое василек незабудк flora =iris orchid poppy "
        "violet_flower",
    ),
    # Food and objects
    "still_life": (
        4,
        "еда блюд =суп =супа =супом борщ хлеб булк пирог торт пирожн кекс печень шоколад "
        "мороженое десерт =сыр =сыра =сыром =сыры пицц бургер =паста =пасту =пасты суши салат "
        "мясо стейк завтрак обед ужин кофе чашк кружк чайник бутылк =вино =вина =вином винн бокал "
        "овощ помидор огур морков тыкв виноград клубник ягод арбуз ананас банан книг =стол =столе "
        "=стола =столом столик sandwich бутерброд стул кресл ламп свеч =часы =часов гитар скрипк "
        "пианин рояль подарок коробк =ключ =ключи =ключа ключик шляп обувь туфл ботин сумк кукл "
        "food dish soup bread =bun =pie cake cupcake cookie chocolate ice_cream dessert cheese "
        "pizza burger pasta sushi salad meat steak breakfast lunch dinner coffee =cup =mug teapot "
        "bottle wine vegetable tomato cucumber carrot pumpkin grape strawberr berry berries "
        "watermelon pineapple banana book =table chair armchair lamp candle clock =watch guitar "
        "violin piano gift =box =key =keys =hat shoe sneaker boots handbag doll jewel лапш рамен "
        "=рис =риса яйцо яйца яиц яичниц картош картоф =лук =лука =орех орехи =мед =меда =соль "
        "=масло молок сахар =пиво =пива виски коктейл =сок =сока лимон конфет попкорн пельмен "
        "вареник =блин =блины =блинов баранк бублик самовар шашлык оливье колбас сосиск тарелк "
        "=миска =миске ложк вилк =нож =ножи ножниц молоток карандаш газет глобус =карта письмо "
        "подушк одеял мыло щетк рубашк плать джинс куртк =носки =носков свитер шарф рюкзак "
        "чемодан паспорт =деньги денег монет наушник фотоаппарат =корона =меч =мечи =череп шахмат "
        "=мяч =очки =очков =стакан =стакана =стакане ramen noodle =rice =egg =eggs potato =onion "
        "=onions =nut =nuts =honey sugar =salt =butter =milk =beer whisky whiskey cocktail =juice "
        "lemon popcorn candy candies dumpling pancake bagel samovar kebab sausage =plate =plates "
        "=bowl =bowls =spoon =fork =knife scissors =hammer pencil newspaper =globe =map pillow "
        "blanket =soap toothbrush =shirt =dress jeans jacket =socks sweater scarf backpack "
        "suitcase passport money =coin =coins headphones camera =crown =sword =skull chess =ball "
        "glasses eyeglasses sunglasses wristwatch perfume glass_of birthday день_рожден",
    ),
    "geometry": (
        4,
        "логотип иконк эмблем символ =куб =куба =кубы кубик =шар =шара =шары =шаров сфер =круг "
        "=круга =круги круглы квадрат треуголь диаграмм logo icon emblem symbol =cube sphere "
        "circle =squares triangle diagram sticker стикер =сердце =сердца =heart =hearts =флаг "
        "=flag",
    ),
    "flow": (
        4,
        "музык звук энерги мысл чувств =сон =сны =сна =сне music sound energy thought feeling "
        "=dream =dreams spirit",
    ),
    # Materials, lighter than the things made of them
    "glass": (2, "стекл =glass"),
    "liquid": (
        2,
        "мрамор marble текстур =краска =краски =красок пятн texture =paint paint_splat splash "
        "lava лава",
    ),
}
