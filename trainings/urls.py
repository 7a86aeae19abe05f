from django.urls import path

from trainings.views import agenda, attendance, catalogue, checkin, curricula

app_name = "trainings"
urlpatterns = [
    path("programmes/", catalogue.programme_list, name="programme_list"),
    path("programmes/<int:pk>/", catalogue.programme_detail, name="programme_detail"),
    path("programmes/<int:pk>/curriculum/", curricula.curriculum_draft, name="curriculum_draft"),
    path("curricula/<int:pk>/", curricula.curriculum, name="curriculum"),
    path("curricula/<int:pk>/edit/", curricula.curriculum_edit, name="curriculum_edit"),
    path("curricula/files/<int:pk>/", curricula.subject_file, name="subject_file"),
    path("classes/", catalogue.class_list, name="class_list"),
    path("classes/new/", catalogue.class_create, name="class_create"),
    path("classes/<int:pk>/edit/", catalogue.class_edit, name="class_edit"),
    path("classes/<int:pk>/schedule/", catalogue.class_schedule, name="class_schedule"),
    path("classes/<int:pk>/agenda/", agenda.agenda, name="agenda"),
    path("classes/<int:pk>/agenda/curriculum/", agenda.take_curriculum, name="take_curriculum"),
    path("classes/<int:pk>/agenda/draft/", agenda.draft_agenda, name="draft_agenda"),
    path("classes/<int:pk>/agenda/add/", agenda.session_add, name="session_add"),
    path("sessions/<int:pk>/edit/", agenda.session_edit, name="session_edit"),
    path("sessions/<int:pk>/remove/", agenda.session_remove, name="session_remove"),
    path("trainers/search/", agenda.trainer_search, name="trainer_search"),
    path("trainers/new/", agenda.trainer_add, name="trainer_add"),
    path("classes/<int:pk>/attendance/", attendance.attendance, name="attendance"),
    path("sessions/<int:pk>/screen/", attendance.screen, name="screen"),
    path("sessions/<int:pk>/scan/", attendance.scan, name="scan"),
    path("sessions/<int:pk>/scans/", attendance.scans, name="scans"),
    path("sessions/<int:pk>/roll/", attendance.roll, name="roll"),
    path("sessions/<int:pk>/meeting-file/", attendance.meeting_file, name="meeting_file"),
    path("meeting-files/<int:pk>/", attendance.meeting_review, name="meeting_review"),
    path("attendance/<int:pk>/correct/", attendance.correct, name="correct"),
    path("me/classes/<int:pk>/", checkin.my_class, name="my_class"),
    # The addresses on the room's screen and in mails; Indonesian, because people read them.
    path("hadir/", checkin.scanner, name="scanner"),
    path("hadir/kirim/", checkin.send_scans, name="send_scans"),
    path("hadir/<str:token>/", checkin.check_in, name="check_in"),
]
