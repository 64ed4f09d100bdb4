"""Ask a signed-in person for documents whose version is new."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import consents
from accounts.access.request_user import SignedInRequest
from accounts.forms.consents import ConsentForm
from artgen.web.redirects import next_url


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def accept_documents(request: SignedInRequest) -> HttpResponse:
    """Show the boxes of the documents that are not accepted yet, and store the answer."""
    documents = consents.missing(request.user)
    posted = request.POST if request.method == "POST" else None
    form = ConsentForm(posted, documents=documents)
    if form.is_valid():
        consents.accept(request.user, documents)
        documents = []
    if not documents:
        return HttpResponseRedirect(next_url(request, default="/"))
    context = {"consents": form, "next": next_url(request)}
    return render(request, "accounts/accept_documents.html", context)
