"""The table of everything the loopback Hub serves."""

from __future__ import annotations

from . import community, downloads, repositories, uploads
from .routing import Router

API = "/api/{kind}/{repo}"
THREAD = f"{API}/discussions/{{num}}"
LFS = "/{prefix}{repo}.git/info/lfs/objects"

ROUTER = Router(
    [
        ("GET", "/api/whoami-v2", repositories.whoami),
        ("POST", "/api/validate-yaml", repositories.validate_yaml),
        ("POST", "/api/repos/create", repositories.create),
        ("DELETE", "/api/repos/delete", repositories.delete),
        ("GET", API, repositories.info),
        ("GET", f"{API}/revision/{{revision}}", repositories.info),
        ("PUT", f"{API}/settings", repositories.settings),
        ("GET", f"{API}/tree/{{revision}}", repositories.tree),
        ("GET", f"{API}/tree/{{revision}}/{{path}}", repositories.tree),
        ("POST", f"{API}/paths-info/{{revision}}", repositories.paths_info),
        ("GET", f"{API}/refs", repositories.refs),
        ("GET", f"{API}/commits/{{revision}}", repositories.commits),
        ("POST", f"{API}/tag/{{revision}}", repositories.create_tag),
        ("DELETE", f"{API}/tag/{{revision}}", repositories.delete_tag),
        ("POST", f"{API}/branch/{{revision}}", repositories.create_branch),
        ("DELETE", f"{API}/branch/{{revision}}", repositories.delete_branch),
        ("GET", f"{API}/leaderboard", repositories.leaderboard),
        ("POST", f"{API}/preupload/{{revision}}", uploads.preupload),
        ("POST", f"{LFS}/batch", uploads.lfs_batch),
        ("PUT", "/lfs/{kind}/{repo}/{oid}", uploads.lfs_put),
        ("POST", f"{LFS}/verify", uploads.lfs_verify),
        ("POST", f"{API}/commit/{{revision}}", uploads.commit),
        ("GET", f"{API}/discussions", community.listing),
        ("POST", f"{API}/discussions", community.create),
        ("GET", THREAD, community.details),
        ("POST", f"{THREAD}/comment", community.comment),
        ("POST", f"{THREAD}/status", community.status),
        ("POST", f"{THREAD}/merge", community.merge),
        ("GET", "/{prefix}{repo}/resolve/{revision}/{path}", downloads.resolve),
    ]
)
