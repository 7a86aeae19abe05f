from django.urls import path

from trainings import views
from trainings.claims import views as claims

app_name = "trainings"
urlpatterns = [
    path("me/claims/", claims.own_claims, name="own_claims"),
    path("me/claims/new/", claims.claim_new, name="claim_new"),
    path("claims/", claims.claim_list, name="claim_list"),
    path("claims/<int:pk>/", claims.claim_detail, name="claim"),
    path("claims/<int:pk>/verify/", claims.claim_verify, name="claim_verify"),
    path("claims/<int:pk>/refuse/", claims.claim_refuse, name="claim_refuse"),
    path("claims/<int:pk>/certificate/", claims.claim_certificate, name="claim_certificate"),
    path("classes/<int:pk>/claims/", claims.class_claims, name="class_claims"),
    path("programmes/", views.programme_list, name="programme_list"),
    path("programmes/<int:pk>/", views.programme_detail, name="programme_detail"),
    path("history/", views.history_list, name="history_list"),
    path("classes/", views.class_list, name="class_list"),
    path("classes/new/", views.class_create, name="class_create"),
    path("classes/<int:pk>/edit/", views.class_edit, name="class_edit"),
    path("classes/<int:pk>/schedule/", views.class_schedule, name="class_schedule"),
]
