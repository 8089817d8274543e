"""Reaching clouds: every way in which an access folder, a CA, a proxy or a credential can be wrong has its sentence."""

import datetime

import pytest
import yaml
from infra_mocks import ITINERIS, access_folder

from infra.access import _proxy, proxy_variable, refuse_ambient
from infra.login import Surroundings, login
from isthmus.errors import BadInput, Refused, Unavailable
from isthmus.model.cloud import Cloud, Identity, Image

pytestmark = pytest.mark.filterwarnings("ignore:openstack.index:DeprecationWarning")


def cloud(**identity):
    return Cloud(name="infn", sites=("bari",), identity=Identity(url="https://keystone.example.org/v3", **identity))


@pytest.fixture
def around(tmp_path):
    return Surroundings(tmp_path / "federation", access_folder(tmp_path / "access"))


def test_a_login_is_read_and_its_password_is_not_shown(around):
    found = login(cloud(), around)
    assert found.auth["password"] == "a password"
    assert "a password" not in repr(found)


def test_an_unknown_cloud_names_those_there_are(around):
    around.clouds_file.write_text(yaml.safe_dump({"clouds": {"other": {"auth": {}}}}))
    with pytest.raises(BadInput) as failure:
        login(cloud(), around)
    assert "it knows other" in str(failure.value)


def test_a_missing_file_says_where_it_belongs(tmp_path):
    with pytest.raises(Unavailable, match="no way to reach cloud 'infn'"):
        login(cloud(), Surroundings(tmp_path, tmp_path / "nowhere"))


def test_an_entry_without_a_secret_is_refused(around):
    around.clouds_file.write_text(yaml.safe_dump({"clouds": {"infn": {"auth": {"username": "admin"}}}}))
    with pytest.raises(BadInput, match="has no credential"):
        login(cloud(), around)


def test_a_token_is_no_credential_of_an_operator(around):
    auth = {"auth_url": "https://keystone.example.org/v3", "token": "hush"}
    around.clouds_file.write_text(yaml.safe_dump({"clouds": {"infn": {"auth": auth}}}))
    with pytest.raises(BadInput, match="has no credential"):
        login(cloud(), around)


def test_a_credential_that_ended_is_refused_before_any_call(around):
    yesterday = datetime.date.today() - datetime.timedelta(days=1)
    with pytest.raises(Unavailable, match=f"ended on {yesterday}"):
        login(cloud(credential_expires=yesterday), around)


def test_a_ca_that_is_none_is_named(around):
    around.federation.mkdir()
    (around.federation / "ca.pem").write_text("not a certificate")
    with pytest.raises(BadInput, match="holds no certificate"):
        login(cloud(ca_bundle="ca.pem"), around)
    with pytest.raises(BadInput, match="cannot be read"):
        login(cloud(ca_bundle="missing.pem"), around)


def test_a_private_ca_reaches_the_provider_as_text(around):
    around.federation.mkdir()
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    (around.federation / "ca.pem").write_text(pem)
    assert login(cloud(ca_bundle="ca.pem"), around).ca_pem == pem


def test_a_proxy_goes_to_the_clouds_own_provider_or_nothing_goes(monkeypatch):
    proxied = cloud(proxy="http://proxy.example.org:3128")
    monkeypatch.delenv(proxy_variable("infn"), raising=False)
    with pytest.raises(Unavailable, match="which this run would not use"):
        _proxy(proxied, "https://keystone.example.org/v3")
    monkeypatch.setenv(proxy_variable("infn"), "http://proxy.example.org:3128")
    assert _proxy(proxied, "https://keystone.example.org/v3") == {"ISTHMUS_PROXY_INFN": "HTTPS_PROXY"}
    assert _proxy(cloud(), "https://keystone.example.org/v3") is None


def test_a_shell_with_credentials_of_its_own_is_refused_without_telling_them():
    with pytest.raises(Refused, match="OS_TOKEN") as failure:
        refuse_ambient({"OS_TOKEN": "hush", "OS_CLOUD": "", "PATH": "/bin"})
    assert "hush" not in str(failure.value)
    assert "OS_CLOUD" not in str(failure.value)
    refuse_ambient({"PATH": "/bin"})


def test_an_image_that_is_not_the_one_named_is_refused(tmp_path, monkeypatch):
    from infra.openstack.images import image_file

    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    right = Image(name="m", digest="sha256:" + "282c9f5e1a4a5972fadbb42848a0b4e89440eada9c98d5723078bea862d1be39",
                  source="images/marker.raw", format="raw")  # fmt: skip
    assert image_file(right, ITINERIS, download_now=False) == ITINERIS / "images/marker.raw"
    with pytest.raises(BadInput, match="is not the one that"):
        image_file(right.model_copy(update={"digest": "sha256:" + "0" * 64}), ITINERIS, download_now=False)
    with pytest.raises(BadInput, match="cannot be read"):
        image_file(right, tmp_path, download_now=False)


def test_a_changed_file_is_looked_at_again(tmp_path, monkeypatch):
    from infra.openstack.images import image_file

    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "images").mkdir()
    file = tmp_path / "images/marker.raw"
    file.write_bytes((ITINERIS / "images/marker.raw").read_bytes())
    digest = "sha256:282c9f5e1a4a5972fadbb42848a0b4e89440eada9c98d5723078bea862d1be39"
    image = Image(name="m", digest=digest, source="images/marker.raw", format="raw")
    image_file(image, tmp_path, download_now=False)
    file.write_bytes(b"something else")
    with pytest.raises(BadInput):
        image_file(image, tmp_path, download_now=False)


def test_the_box_has_no_proxy_whatever_the_model_says_of_the_live_cloud(monkeypatch):
    monkeypatch.delenv(proxy_variable("infn"), raising=False)
    monkeypatch.setenv("ISTHMUS_TARGET", "box")
    assert _proxy(cloud(proxy="http://proxy.example.org:3128"), "http://127.0.0.1:5000/v3") is None


def test_a_password_in_the_variable_of_a_proxy_is_not_shown(monkeypatch):
    monkeypatch.setenv(proxy_variable("infn"), "http://ada:hu@sh@proxy.example.org:3128")
    with pytest.raises(Unavailable, match="which this run would not use") as failure:
        _proxy(cloud(proxy="http://proxy.example.org:3128"), "https://keystone.example.org/v3")
    assert failure.value.why.endswith("is http://...@proxy.example.org:3128")
