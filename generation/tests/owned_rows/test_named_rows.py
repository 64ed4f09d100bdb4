"""What users name: one name once, a limit, an undo for a day, and no way to fill the database."""

import time
import zlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.limits import rate_limits
from accounts.models import User
from generation.gallery import collections
from generation.models import Collection, OwnStyle, Preset, WordList
from generation.operations import cleanup
from generation.owned_rows import named_rows
from generation.studio.comparisons import word_lists
from generation.studio.presets import own_styles, presets
from generation.testing.cases import BaseTestCase
from generation.testing.clock import held_clock

CREATE: dict[type[Any], Callable[[User, str], Any]] = {
    Collection: lambda user, name: collections.create(user=user, name=name),
    WordList: lambda user, name: word_lists.create(user=user, name=name, entries=["a"]),
    Preset: lambda user, name: presets.create(user=user, name=name, values={"steps": "1"}),
    OwnStyle: lambda user, name: own_styles.create(
        user=user, name=name, template="{prompt}", negative=""
    ),
}
CHANGE: dict[type[Any], Callable[[Any, str], Any]] = {
    Collection: lambda row, name: collections.rename(row, name=name),
    WordList: lambda row, name: word_lists.change(row, name=name, entries=["a"]),
    Preset: lambda row, name: presets.change(row, name=name),
    OwnStyle: lambda row, name: own_styles.change(row, name=name, template="{prompt}", negative=""),
}


class TestNamed(BaseTestCase):
    def made(self, kind: type[Any], name: str = "горы", user: User | None = None) -> Any:
        return CREATE[kind](user or self.alice, name)

    def test_a_name_is_used_once_whatever_the_case(self) -> None:
        for kind, change in CHANGE.items():
            with self.subTest(kind):
                first, other = self.made(kind), self.made(kind, "other")
                for name in ("горы", "ГОРЫ", " горы "):
                    with pytest.raises(named_rows.NameTaken) as refused:
                        self.made(kind, name)
                    assert refused.value.row == first
                with pytest.raises(named_rows.NameTaken):
                    change(other, "Горы")
                assert kind.objects.get(id=other.id).name == "other"
                assert change(first, "Горы").name == "Горы"
                assert self.made(kind, user=self.bob).name == "горы"

    def test_letters_are_composed_before_they_are_compared(self) -> None:
        for kind in (Collection, Preset, OwnStyle):
            self.made(kind, "Café")
            with pytest.raises(named_rows.NameTaken):
                self.made(kind, "CAFE\u0301")

    def test_one_is_deleted_restored_and_after_a_day_gone(self) -> None:
        for kind in CREATE:
            with self.subTest(kind):
                row = self.made(kind)
                named_rows.delete(row)
                assert not kind.objects.present().exists()
                other = self.made(kind, "Горы")
                with pytest.raises(named_rows.NameTaken) as refused:
                    named_rows.restore(row)
                assert refused.value.row == other
                CHANGE[kind](other, "other")
                named_rows.restore(row)
                assert set(kind.objects.present()) == {row, other}
                named_rows.delete(row)
                cleanup.clean_up()
                assert kind.objects.count() == 2
                kind.objects.filter(id=row.id).update(
                    deleted_at=timezone.now() - named_rows.RESTORE_PERIOD - timedelta(seconds=1)
                )
                cleanup.clean_up()
                assert kind.objects.get() == other

    def test_there_is_a_limit(self) -> None:
        for kind, rules in named_rows.LIMITS.items():
            with self.subTest(kind):
                row = self.made(kind)
                named_rows.delete(row)
                kind.objects.bulk_create(
                    kind(user=self.alice, name=n, folded_name=n, created_at=timezone.now())
                    for n in map(str, range(rules.limit))
                )
                for act in (partial(self.made, kind), partial(named_rows.restore, row)):
                    with pytest.raises(named_rows.TooMany) as refused:
                        act()
                    assert (refused.value.code, refused.value.members) == (
                        rules.code,
                        {"limit": rules.limit},
                    )
                self.made(kind, user=self.bob)

    def test_creating_and_changing_are_counted_though_all_is_deleted_again(self) -> None:
        with held_clock():
            for kind, rules in named_rows.LIMITS.items():
                with self.subTest(kind):
                    row = self.made(kind)
                    for _ in range(58):
                        rate_limits.spend(rules.rate, self.alice.pk)
                    CHANGE[kind](row, "changed")
                    for act in (partial(self.made, kind), partial(CHANGE[kind], row, "again")):
                        with pytest.raises(rate_limits.TooManyTries):
                            act()
                    assert kind.objects.get().name == "changed"

    def test_deleted_lists_are_counted_for_a_day(self) -> None:
        to_midnight = (zlib.crc32(str(self.alice.pk).encode()) - time.time()) % 86_400
        for hour in range(2):
            with held_clock(later=to_midnight + 1 + 3600 * hour):
                for _ in range(50):
                    named_rows.delete(self.made(WordList, "again"))
        with (
            held_clock(later=to_midnight + 1 + 3600 * 2),
            pytest.raises(rate_limits.TooManyTries) as refusal,
        ):
            self.made(WordList, "again")
        assert refusal.value.seconds > 20 * 3600
