from django.urls import path

from employees import views

app_name = "employees"
urlpatterns = [
    path("employees/", views.employee_list, name="list"),
    path("employees/<int:pk>/", views.employee_detail, name="detail"),
    path("activate/", views.password_link, name="password_link"),
    path("activate/<str:uidb64>/<str:token>/", views.set_password, name="set_password"),
    path("units/search/", views.unit_search, name="unit_search"),
]
