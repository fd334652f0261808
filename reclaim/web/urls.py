"""Addresses of the pages. Views are named by module, and the names of routes are the words of the menu."""

from django.urls import URLPattern, path

from reclaim.web import case, codes, home, inbox, queue, theme

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", home.page, name="home"),
    path("queue", queue.page, name="queue"),
    path("queue/search", queue.search, name="queue_search"),
    path("queue/next", queue.next_one, name="queue_next"),
    path("cases/<int:case_id>", case.page, name="case"),
    path("cases/<int:case_id>/segments", case.segments, name="case_segments"),
    path("inbox", inbox.page, name="inbox"),
    path("inbox/rows", inbox.rows, name="inbox_rows"),
    path("inbox/files", inbox.files, name="inbox_files"),
    path("inbox/<int:file_id>", inbox.file, name="file"),
    path("inbox/<int:file_id>/bytes", inbox.download, name="file_bytes"),
    path("inbox/<int:file_id>/reprocess", inbox.reprocess, name="file_reprocess"),
    path("codes", codes.page, name="codes"),
    path("codes/<code>", codes.code, name="code"),
    path("theme", theme.choose, name="theme"),
]
