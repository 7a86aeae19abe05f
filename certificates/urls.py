from django.urls import path

from certificates.views import classes, papers, public, template

app_name = "certificates"
urlpatterns = [
    path("classes/<int:pk>/certificates/", classes.class_certificates, name="class"),
    path("classes/<int:pk>/certificates/issue/", classes.issue, name="issue"),
    path("classes/<int:pk>/certificates/zip/", classes.archive, name="zip"),
    path("classes/<int:pk>/papers/", papers.papers, name="papers"),
    path("classes/<int:pk>/papers/<slug:key>.<str:kind>", papers.download, name="paper"),
    path("certificates/<int:pk>/pdf/", classes.pdf, name="pdf"),
    path("certificates/<int:pk>/revoke/", classes.revoke, name="revoke"),
    path("certificates/<int:pk>/reissue/", classes.reissue, name="reissue"),
    path("certificates/templates/<int:pk>/", template.template, name="template"),
    path("me/certificates/<int:pk>/pdf/", classes.own_pdf, name="own_pdf"),
    # Printed on paper; Indonesian, because people read it. These two never change.
    path("sertifikat/", public.search, name="search"),
    path("sertifikat/<slug:public_id>/", public.check, name="check"),
]
