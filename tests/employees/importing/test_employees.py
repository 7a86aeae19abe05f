"""The employees file."""

import datetime

import pytest

from employees.models import Employee, FormerNip
from tests import factories
from tests.employees.importing.files import counts, read_csv, write_xlsx
from trainings.models import Standing

PNS, PNS2, PPPK = "198603022010121001", "198603022010121002", "198603022020211001"


def person(nip=PNS, **cells):
    return {
        "NIP": nip, "ID_PEGAWAI": "", "NAMA": "Sari Wulandari", "JENIS_KELAMIN": "L",
        "TANGGAL_LAHIR": "1986-03-02", "STATUS": "PNS", "KODE_SATUAN_KERJA": "KW35",
        "TMT_MULAI": "2010-12-01", **cells,
    }  # fmt: skip


def pppk(nip=PPPK, **cells):
    return person(nip, **{"STATUS": "PPPK", **cells})


def non_asn(identity="X1", **cells):
    return person("", ID_PEGAWAI=identity, STATUS="NON_ASN", **cells)


@pytest.mark.django_db
def test_a_person_is_created_updated_and_left_alone(imports, tree):
    row = person(" 19860302 201012 1 001 ", STATUS="pns", GOL_RUANG="iii/A", JENIS_JABATAN="fungsional",
                 JENJANG="ahli_madya", JABATAN="Guru Ahli Madya", TANGGAL_LAHIR="02/03/1986")  # fmt: skip
    assert counts(imports.rows("employees", [row])) == (1, 1, 0, 0, 0)
    found = Employee.objects.get()
    assert (found.nip, found.external_id, found.status, found.grade, found.activity, found.unit) == (
        PNS, None, "PNS", "III/a", "AKTIF", tree.east,
    )  # fmt: skip
    assert (found.position_kind, found.level) == ("FUNGSIONAL", "AHLI_MADYA")
    assert found.retirement_date == datetime.date(2046, 4, 1)
    assert Standing.objects.get(employee=found).waiting_since == datetime.date(2010, 12, 1)
    assert counts(imports.rows("employees", [row])) == (1, 0, 0, 1, 0)
    assert counts(imports.rows("employees", [row | {"NAMA": "Sari"}])) == (1, 0, 1, 0, 0)
    assert Employee.objects.get().name == "Sari"


@pytest.mark.django_db
def test_simpeg_headings_are_the_same_columns(imports, tree):
    row = {
        "nip_baru": PNS, "Nama_Lengkap": "Sari", "JENIS_KELAMIN": "l", "TANGGAL_LAHIR": "02-03-1986",
        "STATUS_PEGAWAI": "CPNS", "TIPE_JABATAN": "JPT", "LEVEL_JABATAN": "", "TAMPIL_JABATAN": "Direktur",
        "KODE_SATUAN_KERJA": "KW35", "TMT_CPNS": "01/12/2010", "AGAMA": "never stored",
    }  # fmt: skip
    summary = imports.rows("employees", [row, row | {"nip_baru": "1", "TMT_CPNS": "x"}])
    assert counts(summary) == (2, 1, 0, 0, 1)
    assert summary.unknown_columns == ["AGAMA"]
    assert imports.faults() == [(3, "TMT_CPNS; NIP_BARU")]
    assert Employee.objects.values_list("position", "retirement_date").get() == (
        "Direktur", datetime.date(2046, 4, 1),
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "column"),
    [
        (person("123"), "NIP"), (person("198603022010131001"), "NIP"), (person("198603022010121000"), "NIP"),
        (person("1.98603022010121E+17"), "NIP"), (person(""), "NIP"), (pppk(""), "NIP"),
        (person("", STATUS="NON_ASN"), "ID_PEGAWAI"), (person(ID_PEGAWAI="1E+20"), "ID_PEGAWAI"),
        (person(TANGGAL_LAHIR="1986-03-03"), "NIP"), (person(JENIS_KELAMIN="P"), "NIP"),
        (person(STATUS="PPPK"), "NIP"), (person(STATUS="PPPK_PW"), "NIP"), (pppk(STATUS="CPNS"), "NIP"),
        (person(STATUS="ASN"), "STATUS"), (person(JENIS_KELAMIN="X"), "JENIS_KELAMIN"),
        (person(JENIS_KELAMIN=""), "JENIS_KELAMIN"), (person(STATUS=""), "STATUS"), (person(NAMA=""), "NAMA"),
        (person(KEAKTIFAN="CUTI"), "KEAKTIFAN"), (person(JENIS_JABATAN="GURU"), "JENIS_JABATAN"),
        (person(JENJANG="MUDA"), "JENJANG"), (person(KODE_SATUAN_KERJA="kw35"), "KODE_SATUAN_KERJA"),
        (person(KODE_SATUAN_KERJA=""), "KODE_SATUAN_KERJA"), (person(TMT_MULAI=""), "TMT_MULAI"),
        (person(TMT_MULAI="31-02-2010"), "TMT_MULAI"), (person(TMT_MULAI="1980-01-01"), "TMT_MULAI"),
        (person(TANGGAL_LAHIR="45000"), "TANGGAL_LAHIR"), (person(TMT_PENSIUN="soon"), "TMT_PENSIUN"),
        (person("299001012010121001", TANGGAL_LAHIR="2990-01-01"), "TANGGAL_LAHIR"),
        (person(GOL_RUANG="IX"), "GOL_RUANG"), (person(GOL_RUANG="IV/f"), "GOL_RUANG"),
        (pppk(GOL_RUANG="III/a"), "GOL_RUANG"), (pppk(GOL_RUANG="XVIII"), "GOL_RUANG"),
        (non_asn(GOL_RUANG="IX"), "GOL_RUANG"), (person(EMAIL="not an address"), "EMAIL"),
        (person(NAMA="x" * 201), "NAMA"), (person(NO_HP="0" * 31), "NO_HP"),
        (person(EMAIL="a@" + "b" * 260), "EMAIL"), (person(GELAR_DEPAN="x" * 61), "GELAR_DEPAN"),
        (person(JABATAN="bell\aring"), "JABATAN"), (person(ID_PEGAWAI="9" * 41), "ID_PEGAWAI"),
    ],
)  # fmt: skip
def test_wrong_rows_are_named_and_do_not_stop_good_ones(imports, tree, row, column):
    good = person(PNS2, NAMA="Budi")
    headings = list(dict.fromkeys([*good, *row]))
    assert counts(imports.rows("employees", [row, good], headings)) == (2, 1, 0, 0, 1)
    assert imports.faults() == [(2, column)]
    assert Employee.objects.get().name == "Budi"


@pytest.mark.django_db
def test_every_status_has_its_numbers_and_grades(imports, tree):
    rows = [
        person(GOL_RUANG="IV/e"), person(PNS2, STATUS="CPNS", GOL_RUANG="ii/a"), pppk(GOL_RUANG="xvii"),
        pppk("198603022020291002", STATUS="PPPK_PW", GOL_RUANG="V"), non_asn(),
        person("198603022010121009", STATUS="NON_ASN"),
    ]  # fmt: skip
    headings = [*person(), "GOL_RUANG"]
    assert counts(imports.rows("employees", rows, headings)) == (6, 6, 0, 0, 0)
    assert list(Employee.objects.order_by("id").values_list("grade", flat=True)) == [
        "IV/e", "II/a", "XVII", "V", "", "",
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_nip_in_a_number_cell_has_lost_digits_and_says_so(imports, tree, tmp_path):
    rows = [
        person(int(PNS)), person(PNS2, TANGGAL_LAHIR=datetime.date(1986, 3, 2)), non_asn(12345),
    ]  # fmt: skip
    summary = imports.path("employees", write_xlsx(tmp_path / "f.xlsx", rows))
    assert counts(summary) == (3, 2, 0, 0, 1)
    assert "lost digits" in imports.reasons()
    assert set(Employee.objects.values_list("nip", "external_id")) == {(PNS2, None), (None, "12345")}


@pytest.mark.django_db
def test_repeated_numbers_reject_every_such_row(imports, tree):
    rows = [
        person(), person("1986 0302 2010 1210 01", NAMA="again"), person(PNS2, ID_PEGAWAI="P1"),
        non_asn("P1"), person("198603022010121003", ID_PEGAWAI="P2"), person("bad", ID_PEGAWAI="P2"),
        person("198603022010121004"),
    ]  # fmt: skip
    assert counts(imports.rows("employees", rows)) == (7, 1, 0, 0, 6)
    assert [row for row, _column in imports.faults()] == [2, 3, 4, 5, 6, 7]


@pytest.mark.django_db
def test_matching_by_nip_by_id_and_by_a_former_nip(imports, tree):
    imports.rows("employees", [pppk(ID_PEGAWAI="P1"), person(PNS2, ID_PEGAWAI="P2")])
    sari = Employee.objects.get(external_id="P1")
    # the PPPK became CPNS: found by ID_PEGAWAI, the former NIP is kept
    assert counts(imports.rows("employees", [person(ID_PEGAWAI="P1", STATUS="CPNS")])) == (1, 0, 1, 0, 0)
    sari.refresh_from_db()
    assert sari.nip == PNS
    assert list(FormerNip.objects.values_list("employee", "nip")) == [(sari.pk, PPPK)]
    # an empty ID_PEGAWAI erases nothing
    assert counts(imports.rows("employees", [person(STATUS="CPNS")])) == (1, 0, 0, 1, 0)
    # the former NIP finds her; it does not come back, and its status does not fit her present one
    assert counts(imports.rows("employees", [pppk()])) == (1, 0, 0, 0, 1)
    assert "present NIP" in imports.reasons()
    # numbers of two people
    assert counts(imports.rows("employees", [person(PNS2, ID_PEGAWAI="P1")])) == (1, 0, 0, 0, 1)
    assert counts(imports.rows("employees", [pppk(ID_PEGAWAI="P2")])) == (1, 0, 0, 0, 1)
    # two rows about one person
    rows = [person(), non_asn("P1")]
    assert counts(imports.rows("employees", rows)) == (2, 0, 0, 0, 2)
    sari.refresh_from_db()
    assert (sari.nip, sari.external_id, sari.status) == (PNS, "P1", "CPNS")


@pytest.mark.django_db
def test_a_file_without_nips_updates_those_who_have_one_and_creates_none(imports, tree):
    imports.rows("employees", [person(ID_PEGAWAI="P1")])
    headings = [column for column in person() if column != "NIP"]
    rows = [person(ID_PEGAWAI="P1", NAMA="Sari"), person(ID_PEGAWAI="P2"), non_asn("P3")]
    assert counts(imports.rows("employees", rows, headings)) == (3, 1, 1, 0, 1)
    assert imports.faults() == [(3, "NIP")]
    assert set(Employee.objects.values_list("nip", "name")) == {(PNS, "Sari"), (None, "Sari Wulandari")}
    # the stored NIP is compared with the columns too
    assert counts(imports.rows("employees", [rows[0] | {"JENIS_KELAMIN": "P"}], headings))[4] == 1


@pytest.mark.django_db
def test_retirement_follows_the_position_unless_somebody_set_it(imports, tree):
    teacher = {"JABATAN": "Guru", "JENJANG": "", "JENIS_JABATAN": ""}
    imports.rows("employees", [person(), person(PNS2, TMT_PENSIUN="2050-01-01")], [*person(), "TMT_PENSIUN"])

    def dates():
        return [
            f"{day}" for day in Employee.objects.order_by("nip").values_list("retirement_date", flat=True)
        ]

    assert dates() == ["2044-04-01", "2050-01-01"]
    imports.rows("employees", [person(**teacher), person(PNS2, **teacher)])
    assert dates() == ["2046-04-01", "2050-01-01"]  # no column: computed anew, a set date stays
    imports.rows("employees", [person(), person(PNS2)])
    assert dates() == ["2046-04-01", "2050-01-01"]  # no JABATAN either: the stored one counts
    imports.rows("employees", [person(TMT_PENSIUN=""), person(PNS2, TMT_PENSIUN="")])
    assert dates() == ["2046-04-01", "2046-04-01"]  # an empty cell means the computed date


@pytest.mark.django_db
def test_absent_columns_stay_as_stored_and_empty_cells_become_the_default(imports, tree):
    full = person(KEAKTIFAN="CLTN", GOL_RUANG="III/a", EMAIL="a@contoh.invalid", NO_HP="0812")
    imports.rows("employees", [full])
    assert counts(imports.rows("employees", [person()])) == (1, 0, 0, 1, 0)
    assert counts(imports.rows("employees", [person(KEAKTIFAN="", EMAIL="")])) == (1, 0, 1, 0, 0)
    assert Employee.objects.values_list("activity", "email", "grade", "phone").get() == (
        "AKTIF", "", "III/a", "0812",
    )  # fmt: skip


@pytest.mark.django_db
def test_a_stored_grade_must_fit_a_new_status(imports, tree):
    imports.rows("employees", [pppk(ID_PEGAWAI="P1", GOL_RUANG="IX")])
    row = person(ID_PEGAWAI="P1", STATUS="CPNS")
    assert counts(imports.rows("employees", [row])) == (1, 0, 0, 0, 1)
    assert imports.faults() == [(2, "GOL_RUANG")]
    assert counts(imports.rows("employees", [row | {"GOL_RUANG": "II/a"}])) == (1, 0, 1, 0, 0)


@pytest.mark.django_db
def test_the_errors_file_can_be_mended_and_imported_again(imports, tree):
    rows = [
        person("bad", NAMA='=2+5 "quoted"\nsecond line', Catatan="kept; as it came"), person(PNS2),
        person("198603022010121003", JENIS_KELAMIN="", TMT_MULAI="x"),
    ]  # fmt: skip
    headings = ["Catatan", *person()]
    imports.rows("employees", rows, headings)
    lines = read_csv(imports.errors)
    assert list(lines[0]) == [*headings, "BARIS", "KOLOM", "ALASAN"]
    assert [line["BARIS"] for line in lines] == ["2", "4"]
    assert lines[0]["NAMA"] == rows[0]["NAMA"]
    assert lines[0]["Catatan"] == "kept; as it came"
    assert lines[1]["KOLOM"] == "JENIS_KELAMIN; TMT_MULAI"
    assert lines[1]["ALASAN"].count("; ") == 1
    mended = imports.errors.rename(imports.folder / "mended.csv")
    mended.write_text(mended.read_text().replace("bad", PNS))
    summary = imports.path("employees", mended)
    assert counts(summary) == (2, 1, 0, 0, 1)
    assert summary.unknown_columns == ["Catatan"]
    assert list(read_csv(imports.errors)[0]) == [*headings, "BARIS", "KOLOM", "ALASAN"]
    assert Employee.objects.get(nip=PNS).name == '=2+5 "quoted" second line'


@pytest.mark.django_db
def test_another_number_that_somebody_else_took_meanwhile_refuses_the_whole_file(imports, tree, monkeypatch):
    from employees.importing.employees import EmployeeImporter
    from employees.importing.reading import FileRefused

    match = EmployeeImporter._match

    def late(self, people):
        factories.employee(tree.east, nip=PNS)
        return match(self, people)

    monkeypatch.setattr(EmployeeImporter, "_match", late)
    with pytest.raises(FileRefused, match="Nothing was written"):
        imports.rows("employees", [person(), person(PNS2)])
    assert not Employee.objects.exists()
    assert not imports.errors.exists()
