"""A federation of any size, generated: what benchmarks and large tests load."""

from pathlib import Path

SITES_A_CLOUD = 10


def site_name(number: int) -> str:
    return f"site-{number:05d}"


def generate(folder: Path, sites: int = 1000) -> Path:
    """Write a tree federation of `sites` sites, ten to a cloud, into `folder`, and return it.

    The content depends on `sites` alone. Every site has one gateway, three
    pools and one cluster, as a middling real site does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [site_name(n) for n in range(sites)]
    (folder / "federation.yaml").write_text(_shared(names), encoding="utf-8")
    for number, name in enumerate(names):
        home = folder / name
        home.mkdir(exist_ok=True)
        (home / "site.yaml").write_text(_site(number, name), encoding="utf-8")
    return folder


def _shared(names: list[str]) -> str:
    clouds = "".join(
        f"  - name: cloud{at // SITES_A_CLOUD:04d}\n"
        f"    sites: [{', '.join(names[at : at + SITES_A_CLOUD])}]\n"
        f"    identity: {{url: 'https://keystone-{at // SITES_A_CLOUD}.example.org:5000/v3'}}\n"
        for at in range(0, len(names), SITES_A_CLOUD)
    )
    quotas = "".join(
        f"      - {{site: {name}, cpu: 64, memory: 256GiB, gpu: 2, volumes: 20, capacity: 10TB, addresses: 4}}\n"
        for name in names
    )
    return f"""federation: estate
requires: isthmus >= 0.1
domain: estate.example.org
owner: operations@example.org
clouds:
{clouds}overlay:
  tunnels: tree
  root: {names[0]}
  encryption: wireguard
  segments:
    - {{name: projects-a, vlan: 402}}
    - {{name: projects-b, vlan: 1016, sites: [{", ".join(names[:10])}]}}
pools:
  sites: 10.0.0.0/8
  site_prefix: 22
  loopbacks: 100.64.0.0/16
  links: 100.65.0.0/16
  pods: fd00:10::/32
  pod_prefix: 48
  services: fd00:20::/32
  service_prefix: 48
tenants:
  - name: astro
    contact: astro@example.org
    groups: [{{name: astro-members}}]
    segments: [projects-a]
    quotas:
{quotas}"""


def _site(number: int, name: str) -> str:
    public = f"2001:db8:{number >> 8:x}:{number & 255:x}"
    return f"""site: {name}
title: Site number {number}
institution: Institute {number}
country: IT
location: [{36 + number % 10}.5, {7 + number % 11}.25]
owners: {{operations: operations@{name}.example.org}}
networks: {{public: "{public}::/64", public_vlan: {300 + number % SITES_A_CLOUD}}}
gateways:
  - name: gw1
    public_ip: {public}::10
    uplink: 10Gb
    nics: {{management: eno1, projects: eno2, public: eno3}}
nodes:
  - {{class: fat-cpu, count: 12, cores: 192, memory: 1.5TiB}}
  - {{class: fat-cpu, name: workers, count: 4, cores: 64, memory: 512GiB, serves: kubernetes}}
  - {{class: gpu, count: 4, gpus: 4 x H100, cores: 96, memory: 1TiB}}
  - {{class: storage, count: 6}}
openstack:
  volume_types: [{{name: "{name}-ceph", backend: ceph, default: true}}]
kubernetes:
  - name: k8s-{number}
    storage:
      - {{name: block, provisioner: cinder-csi, default: true, volume_type: "{name}-ceph"}}
      - {{name: shared, provisioner: cephfs, access: ReadWriteMany}}
services: [{{name: jupyterhub, cluster: k8s-{number}}}]
certifications: [{{name: ISO/IEC 27001, until: 2027-03-31}}]
"""
