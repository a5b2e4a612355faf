"""The hub's addresses, which are those of the Hugging Face Hub's own API for models."""

from django.urls import path

from models_app import converters  # noqa: F401 (registers them)
from models_app.hub import committing, reading, repos, uploading

_REPO = "models/<reranker:team>/<reranker:name>"

_LFS = "<team:team>/<reranker:name>.git/info/lfs"

# Below /api/.
api_patterns = [
    path("whoami-v2", reading.WhoAmI.as_view()),
    path("validate-yaml", repos.YamlCheck.as_view()),
    path("repos/create", repos.RepoCreate.as_view()),
    path("repos/delete", repos.NotHere.as_view()),
    path("repos/move", repos.NotHere.as_view()),
    path("models", reading.Models.as_view()),
    path(_REPO, reading.Model.as_view()),
    path(f"{_REPO}/refs", reading.Refs.as_view()),
    path(f"{_REPO}/revision/<revision:revision>", reading.Model.as_view()),
    path(f"{_REPO}/tree/<revision:revision>", reading.Tree.as_view()),
    path(f"{_REPO}/tree/<revision:revision>/<path:path>", reading.Tree.as_view()),
    path(f"{_REPO}/commits/<revision:revision>", reading.Commits.as_view()),
    path(f"{_REPO}/paths-info/<revision:revision>", reading.PathsInfo.as_view()),
    path(f"{_REPO}/settings", repos.Settings.as_view()),
    path(f"{_REPO}/tag/<path:rest>", repos.NotHere.as_view()),
    path(f"{_REPO}/branch/<path:rest>", repos.NotHere.as_view()),
    path(f"{_REPO}/preupload/<revision:revision>", uploading.Preupload.as_view()),
    path(f"{_REPO}/commit/<revision:revision>", committing.Commit.as_view()),
]

urlpatterns = [
    path(
        "<team:team>/<reranker:name>/resolve/<revision:revision>/<path:path>",
        reading.Resolve.as_view(),
    ),
    path(f"{_LFS}/objects/batch", uploading.Batch.as_view()),
    path(f"{_LFS}/objects/verify", uploading.VerifyFile.as_view()),
    path(f"{_LFS}/objects/<str:sealed>", uploading.UploadFile.as_view()),
]
