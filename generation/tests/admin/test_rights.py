"""A right of staff shows nothing that another right guards: in lists, searches and pages."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client, RequestFactory

from accounts.credits import vouchers
from accounts.models import User, Voucher
from artgen.admin import audit
from generation.models import Image, Job, PromptReview
from generation.testing.cases import make_user
from generation.testing.isolation import owned_data
from generation.testing.isolation.owned_data import MARKER, OwnedData, mark
from generation.testing.isolation.routes import Route, site_routes
from generation.testing.isolation.rules import rule_of
from generation.testing.isolation.suite import Trial, arguments, body_of

FILE = re.compile(r"images/[\w/-]+\.(?:png|webp)")
GUARDS = {
    "prompt": ("job", "promptreview", "publication"),
    **dict.fromkeys(("negative", "detail", "trouble", "event", "reply"), ("job",)),
    "file": ("image", "publication"),
    "code": (),
    "name": ("user", "publication"),
    "word": ("promptreview", "publication"),
    **dict.fromkeys(("report", "verdict", "rule"), ("publication",)),
    **dict.fromkeys(("collection", "gone"), ("collection",)),
    **dict.fromkeys(("token", "revoked", "reader"), ("apitoken",)),
    "reason": ("creditentry",),
    "note": ("creditrequest",),
}
"""What is private → the models whose right shows it. Emails are in most lists."""


@pytest.fixture
def data(db: None) -> OwnedData:
    data = owned_data.make()
    for model in (Job, PromptReview, Image, Voucher):
        for row in model._default_manager.all():
            audit.record(actor=data.manager, row=row, text="looked at")
    return data


@pytest.fixture
def staff(data: OwnedData) -> User:
    return make_user("one@example.org", is_staff=True)


def models_with(staff: User, right: str) -> Iterator[type[Model]]:
    """Yield each model of the admin while this right to it is the only one of the staff."""
    for model in filter(admin.site.is_registered, apps.get_models(include_auto_created=True)):
        codename = f"{right}_{model._meta.model_name}"
        given = Permission.objects.filter(codename=codename).exclude(
            content_type__app_label="admin"
        )
        staff.user_permissions.set(given)
        yield model


def own_routes(model: type[Model]) -> Iterator[Route]:
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    return (route for route in site_routes() if route.path.startswith(path))


def is_guarded(kind: str, model: type[Model]) -> bool:
    return kind in GUARDS and model._meta.model_name not in GUARDS[kind]


@pytest.mark.slow
class TestEachRight:
    def test_it_shows_what_it_is_for(self, data: OwnedData, staff: User) -> None:
        code, client = vouchers.shown_code(Voucher.objects.get().code), Client()
        client.force_login(staff)
        shown, count = set(), 0
        for right in ("view", "change"):
            for model in models_with(staff, right):
                for route in own_routes(model):
                    rule = rule_of(route)
                    assert rule
                    address = route.address(arguments(data, Trial(route, rule, "GET")))
                    response = client.get(address)
                    if response.status_code != 200:
                        continue
                    count += 1
                    text = body_of(response)
                    kinds = {found.removeprefix(mark("")) for found in MARKER.findall(text)}
                    kinds |= {"file"} if FILE.search(text) else set()
                    kinds |= {"code"} if code in text else set()
                    shown |= {f"{right} {address}: {k}" for k in kinds if is_guarded(k, model)}
        assert count > 100
        assert shown == set()

    def test_it_finds_nothing_by_what_others_guard(self, data: OwnedData, staff: User) -> None:
        terms = {kind: mark(kind) for kind in GUARDS}
        terms["code"] = Voucher.objects.get().code[5:12]
        client = Client()
        client.force_login(staff)
        found = set()
        for model in models_with(staff, "view"):
            if not admin.site.get_model_admin(model).search_fields:
                continue
            path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            for kind in (kind for kind in terms if is_guarded(kind, model)):
                context: Any = client.get(path, {"q": terms[kind], "period": "all"}).context
                if context and "cl" in context and len(context["cl"].result_list):
                    found.add(f"{path}: {kind}")
        assert found == set()

    def test_the_search_over_all_finds_what_a_right_shows(
        self, data: OwnedData, staff: User
    ) -> None:
        voucher, client = Voucher.objects.get(), Client()
        client.force_login(staff)
        terms = {kind: mark(kind) for kind in GUARDS}
        terms |= {"code": voucher.code[5:12], "email": data.owner.email, "model": "flux-schnell"}
        found: dict[str, set[str]] = {}
        for right in models_with(staff, "view"):
            for kind, term in terms.items():
                page = client.get("/admin/search/", {"q": term})
                assert voucher.code not in body_of(page).replace("-", "")
                for group in page.context["groups"]:
                    found.setdefault(group.url.split("?")[0], set()).add(
                        f"{right._meta.model_name} {kind}"
                    )
                    assert client.get(group.url).context["cl"].result_list
                    assert not is_guarded(kind, right)
        assert found == {
            "/admin/accounts/user/": {"user name", "user email"},
            "/admin/generation/job/": {"job prompt", "job email"},
            "/admin/generation/image/": {"image email"},
            "/admin/generation/imagemodel/": {"imagemodel model"},
        }
        staff.user_permissions.set(Permission.objects.filter(codename="view_voucher"))
        page = client.get("/admin/search/", {"q": voucher.code})
        ((row,),) = (group.rows for group in page.context["groups"])
        assert row.title == f"{voucher.code[:4]}…"
        assert voucher.code[:5] not in " ".join(map(str, row.details))

    def test_the_right_to_view_has_no_actions(self, staff: User) -> None:
        request = RequestFactory().get("/")
        with_actions = set()
        for model in models_with(staff, "view"):
            request.user = User.objects.get(pk=staff.pk)
            if admin.site.get_model_admin(model).get_actions(request):
                with_actions.add(model._meta.label)
        assert with_actions == set()

    def test_job_rights_show_prompts_elsewhere(self, data: OwnedData, staff: User) -> None:
        rights = ("view_job", "view_image", "view_creditentry")
        staff.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client = Client()
        client.force_login(staff)
        for path in ("generation/image/", "accounts/creditentry/"):
            page = client.get(f"/admin/{path}", {"q": mark("prompt"), "period": "all"})
            assert mark("prompt") in body_of(page).replace(f'value="{mark("prompt")}"', "")
            assert len(page.context["cl"].result_list)
