from django.urls import path

from employees import activation, views
from employees.corrections import views as corrections
from employees.granting import opening, rescuing
from employees.granting import views as granting
from employees.importing import views as importing
from employees.merging import views as merging
from employees.privacy import views as privacy

app_name = "employees"
urlpatterns = [
    path("employees/", views.employee_list, name="list"),
    path("employees/<int:pk>/", views.employee_detail, name="detail"),
    path("employees/<int:pk>/code/", activation.hand_out_code, name="hand_out_code"),
    path("activate/", activation.ask_code, name="ask_code"),
    path("activate/code/", activation.set_password, name="set_password"),
    path("export/<slug:key>.<str:kind>", views.export, name="export"),
    path("units/search/", views.unit_search, name="unit_search"),
    path("duplicates/", merging.pair_list, name="pairs"),
    path("duplicates/find/", merging.pair_find, name="pair_find"),
    path("duplicates/<int:pk>/", merging.pair_detail, name="pair"),
    path("duplicates/<int:pk>/merge/", merging.pair_merge, name="pair_merge"),
    path("duplicates/<int:pk>/different/", merging.pair_different, name="pair_different"),
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
    path("users/", granting.account_list, name="accounts"),
    path("users/new/", opening.account_new, name="account_new"),
    path("users/<int:pk>/", granting.account, name="account"),
    path("users/<int:pk>/grant/", granting.account_grant, name="account_grant"),
    path("users/<int:pk>/switch/", granting.account_switch, name="account_switch"),
    path("users/<int:pk>/code/", rescuing.account_code, name="account_code"),
    path("users/<int:pk>/second-factor/", rescuing.account_second_factor, name="account_second_factor"),
    path("grants/<int:pk>/end/", granting.grant_end, name="grant_end"),
    path("corrections/", corrections.correction_list, name="corrections"),
    path("corrections/<int:pk>/", corrections.answer_correction, name="answer_correction"),
    path("me/corrections/", corrections.own_corrections, name="corrections_own"),
    path("me/readings/", privacy.readings, name="readings"),
    path("me/who-can-see/", privacy.who_can_see, name="who_can_see"),
]
