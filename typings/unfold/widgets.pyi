from collections.abc import Mapping
from typing import Any

from django.contrib.admin.widgets import AdminRadioSelect, AdminTextareaWidget
from django.forms import CheckboxSelectMultiple

class UnfoldAdminRadioSelectWidget(AdminRadioSelect): ...
class UnfoldAdminCheckboxSelectMultipleWidget(CheckboxSelectMultiple): ...

class UnfoldAdminTextareaWidget(AdminTextareaWidget):
    def __init__(self, attrs: Mapping[str, Any] | None = ...) -> None: ...
