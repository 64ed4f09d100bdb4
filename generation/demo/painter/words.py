"""The words the painter knows, and reading a prompt with them.

A stem matches every word that begins with it, in Russian or English; `=` in front asks for the
whole word, and several words joined by `_` must follow one another. ё counts as е.
"""

from __future__ import annotations

import re

from .scene import Scene

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
    "aurora": (8, "сияни аврор aurora northern_light polar_light"),
    "cabin": (
        8,
        "=дом =дома =доме =домик домик избушк изб хижин коттедж шале ферм =house cabin cottage "
        "chalet hut =home barn",
    ),
    "still_life": (
        8,
        "натюрморт ваз кувшин керамик фрукт яблок апельсин груш still_life vase =vases jug pottery "
        "ceramic fruit =pear =apple =orange_fruit",
    ),
    "glass": (
        8,
        "стекл стеклян пузыр иридис радужн капл хромиров жидк_метал glass bubble iridescen "
        "holograph chrome blob",
    ),
    "paper": (8, "бумаг бумаж оригами слои слоист вырезан paper papercut origami layered layers"),
    "waterfall": (8, "водопад каскад waterfall cascade =falls"),
    "architecture": (
        8,
        "архитектур лестниц ступен арк аркад колонн портик дворц дворец здани "
        "минималистичн_интерьер декораци architect stair arch arches arcade column palace "
        "courtyard building",
    ),
    "space": (
        7,
        "космос космич планет туманност галактик вселенн созвезд млечн астероид space cosmos "
        "cosmic planet nebula galax universe milky saturn",
    ),
    "city": (
        7,
        "город улиц мегаполис неон боке зонт небоскреб токио кафе витрин такси city street urban "
        "downtown neon bokeh umbrella skyscraper tokyo cyberpunk киберпанк metropolis",
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
        "поле поля полю лаванд пшени луг луга виноградник плантаци террас field lavender wheat "
        "meadow vineyard plantation terrace tea_hill",
    ),
    "tree": (
        6,
        "дерев дуб сакур вишн яблон_цвет клен =ива баобаб tree oak sakura cherry maple willow "
        "baobab bonsai бонсай",
    ),
    "dunes": (6, "дюн пустын барха сахар_пуст песк песч dune desert sahara sand"),
    "liquid": (
        6,
        "мрамор акрил жидк чернил_в_вод оникс агат малахит marble fluid liquid agate onyx "
        "malachite acrylic_pour swirl",
    ),
    "flow": (
        6,
        "абстракт абстракц линии волокн шелк нит поток узор abstract abstraction flow_field "
        "strand silk thread generative pattern lines",
    ),
    "geometry": (
        5,
        "геометр баухаус супрематизм кругл_форм плакат конструктив geometr bauhaus suprematis "
        "poster constructivis shapes mid-century",
    ),
    "forest": (
        4,
        "лес лесу леса лесн берез сосн ель ели елк рощ тайг чащ джунгл forest wood =woods birch "
        "pine fir spruce grove taiga jungle",
    ),
    "lake": (4, "озер пруд отражени водоем lake pond reflection tarn"),
    "sea": (
        3,
        "море моря морю морск океан волн залив побереж пляж берег парус яхт лодк корабл sea ocean "
        "wave bay coast beach shore sail boat ship yacht",
    ),
    "mountains": (
        2,
        "горы гор горн гора горе хребт хребет вершин скал пик альп гималa холм mountain peak "
        "ridge summit alps himalaya hill cliff",
    ),
}

THINGS: dict[str, str] = {
    "moon": "лун полнолун месяц moon lunar crescent",
    "sun": "солнц солнеч =sun sunlight sunshine sunny sunbeam",
    "stars": "звезд star stars starry milky млечн",
    "boat": "лодк парус яхт корабл boat sail yacht ship",
    "birds": "птиц чайк журавл стая bird gull crane seagull flock",
    "umbrella": "зонт umbrella",
    "planet": "планет сатурн planet saturn",
    "nebula": "туманност галактик nebula galax",
    "ring": "кольц сатурн ring saturn",
    "lavender": "лаванд lavender",
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
        "люд человек фигур девушк мужчин женщин person people figure girl man woman silhouette"
    ),
    "smoke": "дым smoke chimney",
    "waves": "волн wave surf",
    "arch": "арк аркад arch arcade",
    "stairs": "лестниц ступен stair step",
    "dome": "купол dome",
    "fruit": "фрукт апельсин яблок лимон груш fruit orange apple lemon pear",
    "branches": "ветк ветв хлопок веточк branch twig cotton eucalypt",
    "beam": "луч beam",
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
    "yellow": "желт yellow",
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
    "brown": "коричнев brown sepia",
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

_WORD = re.compile(r"[a-zа-я0-9&-]+")


def _compiled(stems: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(stem.split("_")) for stem in stems.split())


def _matches(word: str, stem: str) -> bool:
    return word == stem[1:] if stem.startswith("=") else word.startswith(stem)


def _position(words: list[str], stems: tuple[tuple[str, ...], ...]) -> int | None:
    """Return the index of the first word at which any stem begins, or None."""
    for index in range(len(words)):
        for parts in stems:
            window = words[index : index + len(parts)]
            if len(window) == len(parts) and all(map(_matches, window, parts)):
                return index
    return None


_MOTIFS = {key: (weight, _compiled(stems)) for key, (weight, stems) in MOTIFS.items()}
_TABLES = {
    name: {key: _compiled(stems) for key, stems in table.items()}
    for name, table in {
        "things": THINGS,
        "times": TIMES,
        "seasons": SEASONS,
        "weather": WEATHER,
        "colors": COLORS,
        "moods": MOODS,
        "finishes": FINISHES,
    }.items()
}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("ё", "е"))


def _found(words: list[str], table: str) -> list[str]:
    """Return the keys of a table that the words name, in the order of the words."""
    places = {key: _position(words, stems) for key, stems in _TABLES[table].items()}
    return sorted(
        (key for key, place in places.items() if place is not None),
        key=lambda key: places[key] or 0,
    )


def read(prompt: str, *, negative_prompt: str = "") -> Scene:
    """Return the scene that a prompt describes, less what the negative prompt excludes."""
    words, unwanted = _words(prompt), _words(negative_prompt)
    without = {*_found(unwanted, "things"), *_found(unwanted, "weather")}
    # "No boat" asks for an empty sea, not for no sea.
    broad = [word for word in unwanted if not _found([word], "things")]
    without.update(
        key for key, (_, stems) in _MOTIFS.items() if _position(broad, stems) is not None
    )
    named = [
        (-weight, place, key)
        for key, (weight, stems) in _MOTIFS.items()
        if key not in without and (place := _position(words, stems)) is not None
    ]
    times, seasons = _found(words, "times"), _found(words, "seasons")
    things = {key for _, _, key in named} | set(_found(words, "things"))
    motif = min(named)[2] if named else _implied(things - without)
    return Scene(
        motif=motif,
        things=frozenset(things - without),
        time=times[0] if times else None,
        season=seasons[0] if seasons else None,
        weather=frozenset(_found(words, "weather")) - without,
        colors=tuple(_found(words, "colors")),
        moods=frozenset(_found(words, "moods")),
        finishes=tuple(_found(words, "finishes")),
        without=frozenset(without),
    )


def _implied(things: set[str]) -> str | None:
    """Return the motif for details that were named alone."""
    for thing, motif in (
        ("moon", "sea"),
        ("stars", "space"),
        ("birds", "sea"),
        ("sun", "mountains"),
    ):
        if thing in things:
            return motif
    return None
