"""What the figures are compared with: a view that does nothing, and one that inserts one bare row. No middleware."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

EMPTY, ROW = "/_bare/empty/", "/_bare/row/"


def empty(request: HttpRequest) -> HttpResponse:
    """Nothing, in 200."""
    return HttpResponse(headers={"Content-Length": "0"})


def row(request: HttpRequest) -> HttpResponse:
    """What came in, in one row of a table with an id and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row (body) VALUES (%s)", [request.body.decode()])
    return HttpResponse(headers={"Content-Length": "0"})


urlpatterns = [path(EMPTY[1:], empty), path(ROW[1:], row)]
