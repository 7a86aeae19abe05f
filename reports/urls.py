from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("figures/", views.index, name="index"),
    path("figures/<slug:key>/", views.figure, name="figure"),
    path("figures/<slug:key>/part/", views.part, name="part"),
    path("figures/<slug:key>.csv", views.download, name="download"),
]
