from typing import Any

from django.contrib.admin.views import main

class ChangeList(main.ChangeList):
    params: dict[str, Any]
