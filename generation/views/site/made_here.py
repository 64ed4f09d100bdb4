"""The public page that says whether an image was made here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limits import limited
from generation.files import decoder_threads, uploads
from generation.gallery import file_origin


@require_http_methods(["GET", "HEAD", "POST"])
@limited("made_here")
def made_here(request: HttpRequest) -> HttpResponse:
    """Show the form; POST examines `file`, of which nothing is kept."""
    if request.method != "POST":
        return render(request, "generation/made_here.html")
    file = request.FILES.get("file")
    try:
        if file is None:
            raise uploads.UnusableImage("required", _("Choose an image."))
        data = uploads.read(file)
        uploads.check(data)
    except uploads.UnusableImage as refusal:
        context = {"error": refusal.message}
        return render(request, "generation/made_here.html", context, status=400)
    with decoder_threads.limited():
        origin = file_origin.of(data)
    return render(request, "generation/made_here.html", {"origin": origin, "name": file.name})
