"""The words that the painter knows: tables of stems in Russian and English.

How stems match is said in `words`.
"""

from __future__ import annotations

# Motif: (weight, stems). The heaviest motif named is painted; among equals the one named first.
# A thing that can stand inside a landscape weighs more than the landscape.
MOTIFS: dict[str, tuple[int, str]] = {
    "lighthouse": (9, "маяк lighthouse beacon"),
    "jellyfish": (9, "медуз jellyfish =jelly medusa"),
    "cat": (
        9,
        "=кот =кота =коту =котом =коте =коты =котов котен котик кошк кошач =cat =cats kitten "
        "kitty feline",
    ),
    "dragon": (9, "дракон змей_горыныч =dragon =dragons wyvern виверн"),
    "fox": (
        9,
        "=лис =лиса =лису =лисы =лисе =лисой =лисам =лисами =лисах лисиц лисен лисят лисич =лисий "
        "=лисья =fox =foxes vixen",
    ),
    "dog": (
        9,
        "собак собач =пес =пса =псу =псом =псе =псы =псов щенок щенк щенят овчарк лабрадор корги "
        "хаски =такса =таксу пудел терьер ретривер бульдог =dog =dogs doggo puppy puppies =pup "
        "hound corgi labrador husky =poodle terrier retriever bulldog beagle",
    ),
    "horse": (
        9,
        "лошад =конь =коня =коню =конем =коне =кони =коней =коням =конями =конях жереб кобыл "
        "=пони скакун мустанг =horse =horses stallion =mare =foal =pony =ponies mustang horseback",
    ),
    "bird": (
        9,
        "=птица =птицу =птице =птицей птичк пташк воробе воробьи синиц снегир малиновк зарянк "
        "соловь канарейк =bird birdie songbird sparrow =robin titmouse bullfinch nightingale "
        "canary finch kingfisher зимородок зимородк",
    ),
    "ship": (
        9,
        "корабл фрегат галеон шхун бригантин каравелл подводн_лодк =ship =ships sailing_ship "
        "tall_ship galleon frigate schooner caravel",
    ),
    "robot": (
        9,
        "робот андроид киборг дроид стиральн_машин швейн_машин robot android cyborg droid mecha",
    ),
    "car": (
        9,
        "автомоб автомашин =машина =машину =машины =машине =машиной =машин =машинка =машинку "
        "=авто кабриолет =car =cars automobile =auto roadster",
    ),
    "train": (
        9,
        "=поезд =поезда =поезду =поездом =поезде =поездов =поездам =поездами =поездах паровоз "
        "локомотив электричк железн_дорог =train =trains locomotive steam_engine railway railroad",
    ),
    "balloon": (
        8,
        "воздушн_шар аэростат =шарик =шарика =шарику =шарики =шариков =шариком =шариками balloon",
    ),
    "portrait": (8, "портрет автопортрет portrait =selfie headshot"),
    "snow_village": (
        8,
        "snow_village snowy_village winter_village christmas_village christmas_tree новогодн_елк "
        "рождественск_елк",
    ),
    "aurora": (8, "сияни аврор aurora northern_light polar_light"),
    "cabin": (
        8,
        "=дом =дома =доме =домик домик избушк изб хижин коттедж шале ферм =house cabin cottage "
        "chalet hut =home barn",
    ),
    "still_life": (
        8,
        "натюрморт ваз кувшин керамик фрукт яблок апельсин груш still_life vase =vases jug "
        "pottery ceramic fruit =pear =apple =orange_fruit",
    ),
    "glass": (
        8,
        "пузыр иридис радужн капл хромиров жидк_метал bubble iridescen holograph chrome blob",
    ),
    "paper": (
        8,
        "бумаг бумаж оригами =слои =слоев слоист вырезан paper papercut origami layered layers",
    ),
    "waterfall": (8, "водопад каскад waterfall cascade =falls"),
    "architecture": (
        8,
        "архитектур лестниц ступен арка арки арку аркой арке =арок аркад колонн портик дворц "
        "дворец здани минималистичн_интерьер декораци architect stair =arch =arches archway "
        "arcade column palace courtyard building",
    ),
    "space": (
        7,
        "космос космич планет туманност галактик вселенн созвезд млечн астероид space cosmos "
        "cosmic planet nebula galax universe milky saturn",
    ),
    "city": (
        7,
        "=город =города =городу =городом =городе =городов =городам =городах городск мегаполис "
        "неон боке зонт небоскреб токио такси =city =cities urban downtown neon bokeh umbrella "
        "skyscraper tokyo cyberpunk киберпанк metropolis",
    ),
    "castle": (
        7,
        "=замок =замка =замку =замком =замке =замки =замков =замкам =замками =замках крепост "
        "кремл цитадел castle fortress citadel =fort chateau kremlin",
    ),
    "harbor": (
        7,
        "гаван =порт =порта =порту =портом =порте =порты портов причал пристан harbor harbour "
        "=port =ports =pier =docks marina quay wharf seaport",
    ),
    "town": (
        7,
        "городок городк городишк стар_город =town =towns old_town старого_города деревн деревушк "
        "=село =села =селе =селу поселок поселк village hamlet township",
    ),
    "bridge": (
        7,
        "=мост =моста =мосту =мостом =мосте =мосты =мостов =мостам =мостами =мостах мостик виадук "
        "акведук =bridge =bridges viaduct aqueduct footbridge",
    ),
    "garden": (
        7,
        "=сад =сада =саду =садом =саде =сады =садов =садам =садах садик садовая садовый садовые "
        "клумб палисадн цветник беседк garden flowerbed orchard backyard gazebo",
    ),
    "street": (
        7,
        "улиц улочк улочек переул проспект бульвар мостов тротуар =street =streets alley "
        "boulevard =avenue pavement cobbl",
    ),
    "flower": (
        7,
        "цветок цветк цветы цветов_букет цветочн роза розы георгин пион хризантем лотос кувшинк "
        "ромашк маргаритк подсолнух тюльпан лепест букет бутон flower dahlia peony chrysanthem "
        "lotus =lily daisy camomile chamomile tulip sunflower petal bouquet blossom_macro bloom "
        "rose =roses",
    ),
    "field": (
        6,
        "=поле =поля =полю =полем =полях полев лаванд пшени луг луга виноградник плантаци террас "
        "field lavender wheat meadow vineyard plantation terrace tea_hill",
    ),
    "tree": (
        6,
        "дерево дерева дереву =дереве деревь деревц =дуб =дуба =дубы =дубом дубов сакур вишн "
        "яблон_цвет клен =ива баобаб tree =oak =oaks sakura cherry maple willow baobab bonsai "
        "бонсай",
    ),
    "dunes": (6, "дюн пустын барха сахар_пуст песк песч =песок dune desert sahara =sand sandy"),
    "liquid": (
        6,
        "акрил жидк чернил_в_вод оникс агат малахит fluid liquid agate onyx malachite "
        "acrylic_pour swirl",
    ),
    "flow": (
        6,
        "абстракт абстракц линии волокн шелк =нить =нити =нитей поток узор abstract abstraction "
        "flow_field strand silk thread generative pattern lines",
    ),
    "geometry": (
        5,
        "геометр баухаус супрематизм кругл_форм плакат конструктив geometr bauhaus suprematis "
        "poster constructivis shapes mid-century",
    ),
    "forest": (
        4,
        "=лес =лесу =леса =лесом =лесе =лесов лесн берез сосн ель =ели =елей елк рощ тайг чащ "
        "джунгл forest wood =woods birch =pine =pines =fir =firs spruce grove taiga jungle",
    ),
    "lake": (4, "озер пруд отражени водоем lake pond reflection tarn"),
    "sea": (
        3,
        "море моря морю морск океан волн залив побереж пляж берег парус яхт лодк =sea =seas "
        "seaside seascape ocean wave bay =coast =coasts coastal beach shore sail boat yacht",
    ),
    "mountains": (
        2,
        "горы =гор горн =гора =горе =гору =горой =горам =горами =горах хребт хребет вершин скал "
        "=пик =пика =пики =пиков альп гималa холм mountain peak ridge summit alps himalaya =hill "
        "=hills hillside cliff",
    ),
}

THINGS: dict[str, str] = {
    "moon": "лун полнолун месяц moon lunar crescent",
    "sun": "солнц солнеч =sun sunlight sunshine sunny sunbeam",
    "stars": "звезд star stars starry milky млечн",
    "boat": "лодк парус яхт корабл рыбак рыбац fishing fisherm boat sail yacht ship",
    "birds": "птиц чайк журавл стая bird gull crane seagull flock",
    "umbrella": "зонт umbrella",
    "planet": "планет сатурн planet saturn",
    "nebula": "туманност галактик nebula galax",
    "ring": "кольц сатурн ring saturn",
    "lavender": "лаванд lavender",
    "meadow": "=луг =луга =лугу =лугом meadow grass трав",
    "wheat": "пшени рожь wheat rye",
    "tea": "чай чая чайн террас =tea terrace",
    "birch": "берез birch",
    "pine": "сосн ель ели елк тайг хвой pine fir spruce taiga conifer",
    "blossom": "сакур вишн цветущ blossom sakura cherry blooming",
    "sunflower": "подсолнух sunflower",
    "dahlia": "георгин dahlia",
    "peony": "пион peony",
    "chrysanthemum": "хризантем chrysanthem",
    "lotus": "лотос lotus lily кувшинк",
    "daisy": "ромашк маргаритк daisy camomile chamomile",
    "rose": "роза розы розу роз_ rose",
    "reflection": "отражени reflection mirror",
    "window": "окн подоконник window windowsill sill",
    "people": (
        "люд человек фигур девушк мужчин женщин person people figure =girl =man woman silhouette"
    ),
    "smoke": "дым smoke chimney",
    "waves": "волн wave surf",
    "arch": "арк аркад arch arcade",
    "stairs": "лестниц ступен stair step",
    "dome": "купол dome",
    "fruit": "фрукт апельсин яблок лимон груш fruit orange apple lemon pear",
    "branches": "ветк ветв хлопок веточк branch twig cotton eucalypt",
    "beam": "луч beam",
    "village": "деревн деревушк село села селе поселок поселк village hamlet",
    "man": (
        "мужчин парн парень старик мальчик юнош корол рыцар =дед =деда =деду =дедом дедушк отец "
        "=отца =папа =папе =папы =папу =папой жених =принц =принца воин солдат ковбо викинг пират "
        "футболист =man =men =boy =king =knight =guy father grandfather grandpa =dad =groom "
        "=prince warrior cowboy viking pirate footballer"
    ),
    "woman": (
        "женщин девушк девочк старушк королев принцесс бабушк =мать =матери =мама =маме =мамы "
        "=маму =мамой невест балерин певиц актрис ведьм =фея =феи богин учительниц художниц "
        "медсестр =woman =women =girl =queen princess =lady mother grandmother grandma granny "
        "=mom bride ballerina actress witch fairy goddess nurse"
    ),
    "old": (
        "старик старушк =дед =деда =деду =дедом дедушк бабушк пожил grandfather grandpa "
        "grandmother grandma granny elderly =old_man =old_woman"
    ),
    "hair": "волос рыж блондин брюнет hair ginger redhead blond brunette",
    "fire": "огонь огня огнем пламя пламен fire flame",
    "text": "текст надпис водян text watermark",
}

TIMES: dict[str, str] = {
    "dawn": "рассвет утр заря зари восход dawn sunrise morning daybreak",
    "sunset": "закат золот_час предзакат вечерн_солнц sunset golden_hour sundown",
    "dusk": "сумер вечер dusk twilight evening blue_hour",
    "night": "ноч полноч лунн night midnight nocturn",
    "day": "днем полдень полдня день дневн солнечн ясн noon midday daylight sunny =day daytime",
}

SEASONS: dict[str, str] = {
    "spring": "весн spring",
    "summer": "лето лета летн летом summer",
    "autumn": "осен листопад autumn =fall",
    "winter": "зим снеж заснеж снег мороз winter snow frost icy",
}

WEATHER: dict[str, str] = {
    "fog": "туман дымк мгл марев fog mist haze hazy",
    "rain": "дожд ливен ливн мокр rain drizzl wet",
    "snow": "снегопад снег метел вьюг snow blizzard",
    "storm": "шторм бур гроз storm tempest thunder",
    "clouds": "облак облач туч cloud overcast",
    "clear": "безоблачн ясн clear_sky cloudless",
}

COLORS: dict[str, str] = {
    "red": "красн алый алая алое алые багр бордов red crimson scarlet burgundy",
    "orange": "оранжев рыж терракот =orange terracotta ginger",
    "yellow": "желт блондин светловолос yellow blond",
    "gold": "золот gold",
    "green": "зелен green",
    "emerald": "изумруд emerald",
    "turquoise": "бирюз turquoise teal aqua cyan",
    "blue": "синий синяя синее синие синем синег синей индиго blue indigo navy",
    "sky": "голуб лазурн azure sky_blue light_blue",
    "violet": "фиолет пурпур violet purple",
    "lilac": "лилов сирен lilac mauve",
    "pink": "розов pink",
    "coral": "коралл персик coral peach salmon",
    "brown": "коричнев брюнет brunette brown sepia",
    "beige": "бежев песочн кремов beige cream",
    "white": "белый белая белое белые белых белой белом =white",
    "gray": "серый серая серое серые gray grey",
    "black": "черный черная черное черные черном =black",
}

MOODS: dict[str, str] = {
    "calm": (
        "спокой тих безмятеж умиротвор медитатив calm quiet serene peace tranquil still_water "
        "gentle"
    ),
    "dark": "темн мрачн зловещ драматич dark gloomy moody dramatic ominous",
    "bright": "светл ярк сияющ bright radiant airy light_and",
    "pastel": "пастел нежн мягк зефир pastel soft delicate tender",
    "vivid": "сочн насыщен контраст vivid vibrant saturated colorful intense",
    "mono": "чернобел черно_бел монохром monochrom black_and_white grayscale b&w",
    "warm": "тепл уютн warm cozy",
    "cold": "холодн ледян cold icy frozen",
}

FINISHES: dict[str, str] = {
    "watercolor": "акварел watercolor watercolour aquarelle",
    "gouache": (
        "гуаш маслом масл холст импрессион gouache oil_paint =oil canvas impressionis painterly"
    ),
    "ink": "тушь тушью чернил графика гравюр ink sumi engraving etching",
    "film": "пленк пленочн аналогов зернист film analog grain kodak 35mm",
    "paper_cut": "аппликаци paper_cut papercut cutout плоск_иллюстрац flat_illustration",
    "pixel": "пиксел 8_бит pixel 8-bit 8bit",
    "sketch": "карандаш эскиз набросок pencil sketch charcoal уголь",
    "halftone": "растр комикс ретро_плакат halftone comic riso ризограф",
}

PLACES = frozenset(
    {
        "aurora",
        "bridge",
        "cabin",
        "castle",
        "city",
        "dunes",
        "field",
        "forest",
        "garden",
        "harbor",
        "lake",
        "lighthouse",
        "mountains",
        "sea",
        "snow_village",
        "space",
        "street",
        "town",
        "tree",
        "waterfall",
    }
)
"""Motifs in which another one can stand."""

ALONE = {
    "moon": "sea",
    "stars": "space",
    "birds": "bird",
    "man": "portrait",
    "woman": "portrait",
    "people": "portrait",
    "sun": "mountains",
    "boat": "sea",
    "rain": "street",
    "storm": "sea",
    "snow": "snow_village",
    "winter": "snow_village",
    "autumn": "forest",
    "spring": "garden",
    "summer": "field",
    "fog": "forest",
    "clouds": "mountains",
}
"""What to paint for details, seasons and weather that were named alone."""
