"""A small Russian–English dictionary of the demo's subjects: a stand-in for a text model.

A stem matches the words that are the stem and an ending of a noun or an adjective: лес matches
леса, but not лестница. `=` in front asks for the whole word; ё counts as е. Words that are not
here stay as they are.
"""

import re

_STEMS = """
маяк lighthouse|маяки lighthouses|скал rock|скалы rocks|скалах rocks|туман fog|туманн foggy|
туманност nebula|морск sea|океан ocean|волн waves|берег shore|пляж beach|лодк boat|корабл ship|
парус sail|яхт yacht|чайк gulls|птиц birds|журавл cranes|остров island|гор mountain|
=горы mountains|=горах mountains|=гор mountains|=горами mountains|горн mountain|город city|
городск city|вершин peaks|хребет ridge|холм hills|долин valley|ущель gorge|каньон canyon|
водопад waterfall|рек river|=речной river|озер lake|пруд pond|отражен reflection|лес forest|
лесн forest|дерев tree|деревья trees|деревьев trees|сосн pine|берез birch|ель fir|ели firs|елк fir|
дуб oak|сакур cherry blossom|сад garden|=цветок flower|роз rose|розов pink|георгин dahlia|
пион peony|лаванд lavender|пшениц wheat|пол field|=поле field|=поля fields|=полем field|луг meadow|
чайн tea|чай tea|террас terraces|дюн dunes|песк sand|пустын desert|песчан sandy|облак clouds|
закат sunset|рассвет dawn|утр morning|утренн morning|вечер evening|вечерн evening|ноч night|
ночн night|день day|полдень noon|зим winter|зимн winter|лет summer|летн summer|осен autumn|
осенн autumn|весн spring|весенн spring|снег snow|дожд rain|=ветер wind|ветр wind|гроз thunderstorm|
молни lightning|солнц sun|солнечн sunny|лун moon|лунн moonlit|звезд stars|=звезда star|
звездн starry|планет planet|кольц rings|галактик galaxy|космос space|космическ space|
северн northern|сияни lights|радуг rainbow|радужн iridescent|свет light|=светлый bright|
светл bright|темн dark|тень shadow|тени shadows|теней shadows|дом house|домик cottage|
изб log cabin|хижин hut|замок castle|башн tower|мост bridge|улиц street|окн window|двер door|
лестниц stairs|арк arch|арки arches|колонн columns|зонт umbrella|неон neon|неонов neon|
фонар lantern|кот cat|кошк cat|собак dog|лис fox|волк wolf|медвед bear|олен deer|лошад horse|
рыб fish|медуз jellyfish|кит whale|бабочк butterfly|девушк young woman|женщин woman|мужчин man|
человек person|люд people|=дети children|старик old man|портрет portrait|натюрморт still life|
ваз vase|кувшин jug|ветк branches|ветв branches|хлопк cotton|яблок apples|груш pears|
апельсин oranges|чашк cup|стол table|стекл glass|стеклянн glass|пузыр bubble|капл drop|
кристалл crystal|бумаг paper|бумажн paper|слоист layered|сло layers|мрамор marble|шелк silk|
линии lines|узор pattern|геометрическ geometric|абстрактн abstract|абстракци abstraction|
плакат poster|баухаус bauhaus|пейзаж landscape|тушь ink|тушью in ink|акварел watercolor|масл oil|
гуаш gouache|карандаш pencil|фото photo|фотографи photograph|крупн large|план shot|студийн studio|
фон background|сцен scene|красн red|син blue|голуб light blue|зелен green|желт yellow|
оранжев orange|фиолетов violet|бел white|черн black|сер gray|рыж ginger|золот golden|серебр silver|
тих quiet|спокойн calm|тепл warm|холодн cold|яркий bright|ярк bright|мягк soft|больш big|
маленьк small|высок tall|стар old|древн ancient|нов new|длинн long|одинок lonely|красив beautiful|
старинн antique|прозрачн transparent|цветущ blooming|летящ flying|сидит sits|сидящ sitting|
стоит stands|стоящ standing|лежит lies|идет walks|плывет floats|бежит runs|подоконник window sill|
порог doorstep|вид view|сверху from above|вдали in the distance|рядом beside|очень very|
цветы flowers|цветами flowers|цветов flowers|цветк flowers|деревь trees|=деревьев trees|
деревц small tree|деревянн wooden|деревн village|=деревень villages|деревушк small village|
=деревушек small villages|деревенск village|=села village|=селе village|городок town|городк town|
гаван harbor|порт port|портов port|причал pier|рыбак fisherman|рыбаки fishermen|рыбацк fishing|
рыбалк fishing|дракон dragon|робот robot|поезд train|паровоз steam train|машин car|автомобил car|
рыцар knight|корол king|принцесс princess|воздушн hot-air|шар balloon|шары balloons|шарик balloon|
снежн snowy|заснеженн snowy|снегопад snowfall|ребенок child|ребенк child|=детей children|
рисунок drawing|рисунк drawing|неб sky|=небеса heavens|цвет color|=цветение bloom|цветн colored|
=ярко brightly|=лет years|=пол floor|=полу floor|=больше more|голубь pigeon|=голубя pigeon|
=голуби pigeons|=голубей pigeons|лисиц fox|лисичк fox|котик cat|=кошек cats|=лодок boats|
=окон windows|=башен towers|=сосен pines|=веток branches|=девушек young women|=чашек cups|
=бабочек butterflies|=чаек gulls|улочк alley|переулок alley|переулк alley|парусник sailing ship|
мраморн marble|золотист golden|серебрян silver|акварельн watercolor|садов garden|лист leaf|
=листья leaves|=листьев leaves|листв foliage|слон elephant|белк squirrel|сердц heart|
столиц capital|фонтан fountain|волшебн magic|сказочн fairy-tale|мельниц mill|=дня day|=днем by day|
хлопок cotton|озерн lake|дождлив rainy|арктик the Arctic|небоскреб skyscraper|ворон raven|
храм temple|церков church|церквушк small church|крепост fortress|площад square|рынок market|
рынк market|трамва tram|фонарик lantern|=летит flies|=летает flies|=играет plays|=смотрит looks|
=спит sleeps|=сидят sit|=стоят stand|=едет rides|=светит shines|=горит burns|звер animal|
тигр tiger|=лев lion|=льва lion|орел eagle|орл eagle|конь horse|=коня horse|=коне horse|
=конем horse|=кони horses|=псы dogs|щенок puppy|щенк puppy|кофе coffee|хлеб bread|книг book|
шапк hat|мор sea|рощ grove|сов owl|гус goose|=церковь church|=церкви church|=пес dog|=пса dog|
=псом dog|=село village|котенк kitten|=котенок kitten|=котята kittens|замк castle|лисенк fox cub|
=лисенок fox cub|=ночью at night|=утром in the morning|=вечером in the evening|=зимой in winter|
=летом in summer|=весной in spring|=осенью in autumn|дворц palace|дворец palace|снеговик snowman|
лавандов lavender|избушк log cabin|березов birch|скалист rocky|садик garden|мостик bridge|
рыбн fish|полноч midnight|аркад arcade|скамейк bench|цветник flowerbed
"""
_SMALL = {
    "в": "in",
    "во": "in",
    "на": "on",
    "над": "above",
    "под": "under",
    "у": "by",
    "около": "near",
    "и": "and",
    "с": "with",
    "со": "with",
    "без": "without",
    "за": "behind",
    "перед": "in front of",
    "через": "through",
    "из": "of",
    "среди": "among",
    "между": "between",
    "для": "for",
    "к": "toward",
    "по": "along",
    "от": "from",
    "до": "to",
    "как": "like",
    "или": "or",
    "не": "not",
    "при": "at",
    "о": "about",
}
_ENDINGS = """
а я о е у ю ы и ь й ам ям ах ях ом ем ой ей ою ею ов ев ами ями ью ьми ья ье ьям ьями ьях
ый ий ая яя ое ее ые ие ого его ому ему ым им ых их ую юю ыми ими
"""
_ON_TIME = re.compile(r"\bon (dawn|sunset)\b")  # на рассвете
_CYRILLIC_WORD = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*")
_DETAILS = {
    "en": "layered composition, soft directional light, rich texture, restrained colors, fine "
    "detail",
    "ru": "многоплановая композиция, мягкий боковой свет, богатая фактура, сдержанные цвета, "
    "тонкие детали",
}


def _entries() -> tuple[dict[str, str], dict[str, str]]:
    """Return the meanings of whole words and those of stems."""
    whole, stems = dict(_SMALL), {}
    for entry in _STEMS.replace("\n", "").split("|"):
        stem, _space, english = entry.partition(" ")
        if stem.startswith("="):
            whole[stem[1:]] = english
        else:
            stems[stem] = english
    return whole, stems


_WHOLE, _BY_STEM = _entries()
_AFTER_STEM = {"", *_ENDINGS.split()}


def translated(text: str) -> str:
    """Return the text with every known Russian word in English, in the order of the original."""
    return _ON_TIME.sub(r"at \1", _CYRILLIC_WORD.sub(_english, text))


def enhanced(text: str) -> str:
    """Return the text with details added, in the language of its letters."""
    language = "ru" if _CYRILLIC_WORD.search(text) else "en"
    return f"{text.rstrip(' .,')}, {_DETAILS[language]}"


def _english(match: re.Match[str]) -> str:
    word = match[0].lower().replace("ё", "е")
    english = _WHOLE.get(word) or _by_stem(word)
    if not english:
        return match[0]
    return english[0].upper() + english[1:] if match[0][0].isupper() else english


def _by_stem(word: str) -> str:
    """Return the meaning of the longest stem that makes the word with an ending, or ""."""
    for end in range(len(word), 1, -1):
        if word[:end] in _BY_STEM and word[end:] in _AFTER_STEM:
            return _BY_STEM[word[:end]]
    return ""
