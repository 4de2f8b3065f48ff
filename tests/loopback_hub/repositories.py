"""Endpoints that create, describe and list repositories, and those that move references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import cards, views
from .wire import HubError, Reply

if TYPE_CHECKING:
    from .routing import Call

KINDS = {"dataset": "datasets", "model": "models", "space": "spaces"}
VISIBILITIES = {"public": False, "private": True}


def whoami(call: Call) -> Reply:
    """The account behind the token."""
    return Reply.json(call.user.document())


def validate_yaml(call: Call) -> Reply:
    """Check a card's metadata block: 400 with the errors, or 200 with warnings."""
    try:
        metadata = cards.front_matter(str(call.request.json().get("content", "")))
    except ValueError as error:
        return Reply.json({"errors": [{"message": str(error)}], "warnings": []}, 400)
    warnings = [] if metadata else [{"message": "empty or missing yaml metadata in repo card"}]
    return Reply.json({"errors": [], "warnings": warnings})


def create(call: Call) -> Reply:
    """Create a repository; 409, with its address, if it exists."""
    kind, repo_id = _named(call)
    namespace = repo_id.partition("/")[0]
    if not call.user.can_write(namespace):
        message = f"You don't have the rights to create a {kind[:-1]} under {namespace!r}"
        raise HubError(403, message)
    page = repo_id if kind == "models" else f"{kind}/{repo_id}"
    answer = {"url": f"{call.endpoint}/{page}", "name": repo_id}
    if (kind, repo_id) in call.store.repositories:
        raise HubError(409, f"You already created this {kind[:-1]} repo", fields=answer)
    call.store.create(kind, repo_id, call.user.name, private=_private(call.request.json()))
    return Reply.json(answer)


def delete(call: Call) -> Reply:
    """Delete a repository."""
    kind, repo_id = _named(call)
    known = (kind, repo_id) in call.store.repositories
    if not known or not call.user.can_read(repo_id.partition("/")[0]):
        raise HubError(404, "Repository not found", "RepoNotFound")
    if not call.user.can_write(repo_id.partition("/")[0]):
        raise HubError(403, f"You don't have the rights to delete {repo_id}")
    del call.store.repositories[kind, repo_id]
    return Reply.json({})


def settings(call: Call) -> Reply:
    """Change the visibility."""
    repository = call.writable()
    repository.private = _private(call.request.json(), default=repository.private)
    return Reply.json({"private": repository.private})


def _named(call: Call) -> tuple[str, str]:
    body = call.request.json()
    kind = KINDS.get(body.get("type") or "model")
    if kind is None:
        raise HubError(400, f"The loopback Hub has no repositories of type {body['type']!r}")
    return kind, f"{body.get('organization') or call.user.name}/{body['name']}"


def _private(body: dict[str, Any], *, default: bool = False) -> bool:
    visibility = body.get("visibility")
    if visibility is None:
        return bool(body.get("private", default))
    if visibility not in VISIBILITIES:
        raise HubError(400, f"visibility must be one of {sorted(VISIBILITIES)}")
    return VISIBILITIES[visibility]


def info(call: Call) -> Reply:
    """Describe a repository at a revision; ``expand`` keeps only the named properties."""
    repository = call.repository()
    commit = repository.at(call.parameters.get("revision") or "main")
    document = views.repository_info(repository, commit, blobs=call.request.flag("blobs"))
    wanted = call.request.query("expand")
    if not wanted:
        document.pop("evalResults", None)  # only sent on demand
        return Reply.json(document)
    if unknown := [name for name in wanted if name not in document]:
        raise HubError(400, f"expand must be among {sorted(document)}, got {unknown}")
    return Reply.json({name: document[name] for name in ("_id", "id", *wanted)})


def tree(call: Call) -> Reply:
    """List a folder, in one page."""
    folder = call.parameters.get("path", "").strip("/")
    recursive, expand = call.request.flag("recursive"), call.request.flag("expand")
    repository, commit = call.repository(), call.commit()
    entries = views.tree(repository, commit, folder, recursive=recursive, expand=expand)
    if entries is None:
        message = f"{folder} does not exist on {call.parameters['revision']}"
        raise HubError(404, message, "EntryNotFound")
    return Reply.json(entries)


def paths_info(call: Call) -> Reply:
    """Describe the paths of a form; what does not exist is left out."""
    form = call.request.form()
    expand = form.get("expand", ["false"])[-1].lower() == "true"
    repository, commit = call.repository(), call.commit()
    paths = [path.strip("/") for path in form.get("paths", [])]
    found = (views.path_info(repository, commit, path, expand=expand) for path in paths)
    return Reply.json([entry for entry in found if entry is not None])


def refs(call: Call) -> Reply:
    """List branches, tags and, on demand, pull requests."""
    repository = call.repository()

    def listing(prefix: str) -> list[dict[str, str]]:
        return [
            {"name": name, "ref": prefix + name, "targetCommit": sha}
            for name, sha in repository.named(prefix).items()
        ]

    document = {"branches": listing("refs/heads/"), "tags": listing("refs/tags/"), "converts": []}
    if call.request.flag("include_prs"):
        document["pullRequests"] = listing("refs/pr/")
    return Reply.json(document)


def commits(call: Call) -> Reply:
    """List the history, newest first."""
    history = call.repository().history(call.commit())
    return Reply.json(
        [
            {
                "id": commit.id,
                "title": commit.title,
                "message": commit.message,
                "date": commit.date,
                "authors": [{"user": commit.author}],
                "formatted": {"title": commit.title, "message": commit.message},
            }
            for commit in history
        ]
    )


def create_tag(call: Call) -> Reply:
    """Tag the revision of the path; 409 if the tag exists."""
    repository = call.writable()
    name = f"refs/tags/{call.request.json()['tag']}"
    if name in repository.refs:
        raise HubError(409, f"Tag already exists: {name}")
    repository.refs[name] = call.commit().id
    return Reply.json({})


def create_branch(call: Call) -> Reply:
    """Create a branch at ``startingPoint``, main if none is given; 409 if it exists."""
    repository = call.writable()
    name = f"refs/heads/{call.parameters['revision']}"
    if name in repository.refs:
        raise HubError(409, f"Branch already exists: {name}")
    repository.refs[name] = repository.at(call.request.json().get("startingPoint", "main")).id
    return Reply.json({})


def delete_tag(call: Call) -> Reply:
    """Delete a tag."""
    return _delete_reference(call, "refs/tags/")


def delete_branch(call: Call) -> Reply:
    """Delete a branch other than main."""
    if call.parameters["revision"] == "main":
        raise HubError(403, "The main branch cannot be deleted")
    return _delete_reference(call, "refs/heads/")


def _delete_reference(call: Call, prefix: str) -> Reply:
    repository = call.writable()
    name = prefix + call.parameters["revision"]
    if name not in repository.refs:
        raise HubError(404, f"Reference not found: {name}", "RevisionNotFound")
    del repository.refs[name]
    return Reply.json({})


def leaderboard(call: Call) -> Reply:
    """Rank all models on a dataset that declares itself a benchmark with ``eval.yaml``."""
    repository = call.repository()
    if call.kind != "datasets" or "eval.yaml" not in repository.at("main").files:
        raise HubError(404, f"{repository.id} is not a benchmark: it has no eval.yaml")
    return Reply.json(cards.leaderboard(call.store, repository.id))
