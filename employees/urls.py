from django.urls import path

from employees import views
from employees.importing import views as importing

app_name = "employees"
urlpatterns = [
    path("employees/", views.employee_list, name="list"),
    path("employees/<int:pk>/", views.employee_detail, name="detail"),
    path("activate/", views.password_link, name="password_link"),
    path("activate/<str:uidb64>/<str:token>/", views.set_password, name="set_password"),
    path("units/search/", views.unit_search, name="unit_search"),
    path("imports/", importing.import_list, name="imports"),
    path("imports/new/", importing.import_upload, name="import_upload"),
    path("imports/<int:pk>/", importing.import_detail, name="import"),
    path("imports/<int:pk>/rows/<str:kind>/", importing.import_rows, name="import_rows"),
    path("imports/<int:pk>/confirm/", importing.import_confirm, name="import_confirm"),
    path("imports/<int:pk>/decide/", importing.import_decide, name="import_decide"),
    path("imports/<int:pk>/stop/", importing.import_stop, name="import_stop"),
    path("imports/<int:pk>/resume/", importing.import_resume, name="import_resume"),
    path("imports/<int:pk>/discard/", importing.import_discard, name="import_discard"),
    path("imports/<int:pk>/missing/", importing.import_missing, name="import_missing"),
    path("imports/<int:pk>/errors/<str:kind>/", importing.import_errors, name="import_errors"),
]
