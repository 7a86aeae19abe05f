from django.urls import path

from employees import activation, views

app_name = "employees"
urlpatterns = [
    path("employees/", views.employee_list, name="list"),
    path("employees/<int:pk>/", views.employee_detail, name="detail"),
    path("employees/<int:pk>/code/", activation.hand_out_code, name="hand_out_code"),
    path("activate/", activation.ask_code, name="ask_code"),
    path("activate/code/", activation.set_password, name="set_password"),
    path("units/search/", views.unit_search, name="unit_search"),
]
