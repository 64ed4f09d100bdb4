"""A small Russian–English dictionary of the demo's subjects: a stand-in for a text model.

A stem matches every word that begins with it, the longest one first; `=` in front asks for the
whole word. Words that are not here stay as they are.
"""

import re

_STEMS = """
маяк lighthouse|маяки lighthouses|скал rock|скалы rocks|скалах rocks|туман fog|туманн foggy|
туманност nebula|море sea|моря sea|морю sea|морем sea|морск sea|океан ocean|волн waves|
берег shore|пляж beach|лодк boat|корабл ship|парус sail|яхт yacht|чайк gulls|птиц birds|
журавл cranes|остров island|гор mountain|=горы mountains|=горах mountains|=гор mountains|
=горами mountains|горн mountain|город city|городск city|вершин peaks|хребет ridge|холм hills|
долин valley|ущель gorge|каньон canyon|водопад waterfall|рек river|=речной river|озер lake|
озёр lakes|пруд pond|отражен reflection|лес forest|лесной forest|лесная forest|дерев tree|
деревья trees|деревьев trees|сосн pine|берез birch|берёз birch|ель fir|ели firs|ёлк fir|елк fir|
дуб oak|сакур cherry blossom|сад garden|=цвет color|цвета colors|=цветок flower|роз rose|
розов pink|георгин dahlia|пион peony|лаванд lavender|пшениц wheat|пол field|=поле field|
=поля fields|=полем field|луг meadow|чайн tea|чай tea|террас terraces|дюн dunes|песк sand|
пустын desert|песчан sandy|небо sky|неба sky|небе sky|облак clouds|закат sunset|рассвет dawn|
утр morning|утренн morning|вечер evening|вечерн evening|ноч night|ночн night|день day|
полдень noon|зим winter|зимн winter|лет summer|летн summer|осен autumn|осенн autumn|весн spring|
весенн spring|снег snow|снеж snowy|дожд rain|=ветер wind|ветр wind|гроз thunderstorm|
молни lightning|солнц sun|солнечн sunny|лун moon|лунн moonlit|звезд stars|звёзд stars|
=звезда star|звёздн starry|звездн starry|планет planet|кольц rings|галактик galaxy|космос space|
космическ space|северн northern|сияни lights|радуг rainbow|радужн iridescent|свет light|
=светлый bright|светл bright|тёмн dark|темн dark|тень shadow|тени shadows|теней shadows|дом house|
домик cottage|изб log cabin|хижин hut|замок castle|башн tower|мост bridge|улиц street|окн window|
двер door|лестниц stairs|арк arch|арки arches|колонн columns|зонт umbrella|неон neon|неонов neon|
фонар lantern|кот cat|кошк cat|котен kitten|котён kitten|собак dog|лис fox|волк wolf|медвед bear|
олен deer|лошад horse|рыб fish|медуз jellyfish|кит whale|бабочк butterfly|девушк young woman|
женщин woman|мужчин man|человек person|люд people|реб child|=дети children|старик old man|
портрет portrait|натюрморт still life|ваз vase|кувшин jug|ветк branches|ветв branches|
хлопк cotton|яблок apples|груш pears|апельсин oranges|чашк cup|стол table|стекл glass|
стеклянн glass|пузыр bubble|капл drop|кристалл crystal|бумаг paper|бумажн paper|слоист layered|
сло layers|мрамор marble|шёлк silk|шелк silk|линии lines|узор pattern|геометрическ geometric|
абстрактн abstract|абстракци abstraction|плакат poster|баухаус bauhaus|пейзаж landscape|
рисун drawing|тушь ink|тушью in ink|акварел watercolor|масл oil|гуаш gouache|карандаш pencil|
фото photo|фотографи photograph|крупн large|план shot|студийн studio|фон background|сцен scene|
красн red|син blue|голуб light blue|зелён green|зелен green|жёлт yellow|желт yellow|
оранжев orange|фиолетов violet|бел white|чёрн black|черн black|сер gray|рыж ginger|золот golden|
серебр silver|тих quiet|спокойн calm|тёпл warm|тепл warm|холодн cold|яркий bright|ярк bright|
мягк soft|больш big|маленьк small|высок tall|стар old|древн ancient|нов new|длинн long|
одинок lonely|красив beautiful|старинн antique|прозрачн transparent|цветущ blooming|
заснежен snowy|летящ flying|сидит sits|сидящ sitting|стоит stands|стоящ standing|лежит lies|
идёт walks|идет walks|плывёт floats|плывет floats|бежит runs|подоконник window sill|
порог doorstep|вид view|сверху from above|вдали in the distance|рядом beside|ярко brightly|
очень very|цветы flowers|цветами flowers|цветов flowers|цветн colored|цветк flowers
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
_CYRILLIC_WORD = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*")
_DETAILS = {
    "en": "layered composition, soft directional light, rich texture, restrained colors, fine "
    "detail",
    "ru": "многоплановая композиция, мягкий боковой свет, богатая фактура, сдержанные цвета, "
    "тонкие детали",
}


def _entries() -> tuple[dict[str, str], list[tuple[str, str]]]:
    whole, stems = dict(_SMALL), []
    for entry in _STEMS.replace("\n", "").split("|"):
        stem, _space, english = entry.partition(" ")
        if stem.startswith("="):
            whole[stem[1:]] = english
        else:
            stems.append((stem, english))
    return whole, sorted(stems, key=lambda pair: -len(pair[0]))


_WHOLE, _BY_STEM = _entries()


def translated(text: str) -> str:
    """Return the text with every known Russian word in English, in the order of the original."""
    return _CYRILLIC_WORD.sub(_english, text)


def enhanced(text: str) -> str:
    """Return the text with details added, in the language of its letters."""
    language = "ru" if _CYRILLIC_WORD.search(text) else "en"
    return f"{text.rstrip(' .,')}, {_DETAILS[language]}"


def _english(found: re.Match[str]) -> str:
    word = found[0].lower()
    english = _WHOLE.get(word) or next(
        (meaning for stem, meaning in _BY_STEM if word.startswith(stem)), ""
    )
    if not english:
        return found[0]
    return english.capitalize() if found[0][0].isupper() else english
