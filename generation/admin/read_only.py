"""Admin pages of rows that cannot be changed, and the stylesheet of this app's admin pages."""

from artgen.admin.read_only import ReadOnlyAdmin


class Media:
    css = {"all": ["generation/admin.css"]}


class ReadOnlyModelAdmin(ReadOnlyAdmin):
    """Rows that cannot be changed, with this stylesheet and without their total count."""

    Media = Media
    show_full_result_count = False
