from django.contrib.admin import helpers
from django.contrib.auth import forms

class ActionForm(helpers.ActionForm): ...
class UserChangeForm(forms.UserChangeForm): ...  # type: ignore[type-arg]
class UserCreationForm(forms.AdminUserCreationForm): ...  # type: ignore[type-arg]
class AdminPasswordChangeForm(forms.AdminPasswordChangeForm): ...  # type: ignore[type-arg]
