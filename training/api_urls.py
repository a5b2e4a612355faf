from django.urls import path

from training.api import comparison, erasures, gates, held_out, jobs, likely, queries, reach, runs

_VERSION = "rerankers/<str:team>/<str:name>/versions/<int:number>/"

urlpatterns = [
    path("projects/<str:slug>/erasures/<int:pk>/versions/", erasures.ErasureVersions.as_view()),
    path("projects/<str:slug>/reach/", reach.ProjectReach.as_view()),
    path("projects/<str:slug>/gates/", gates.GateList.as_view()),
    path("projects/<str:slug>/gates/<str:alias>/", gates.GateDetail.as_view()),
    path("training-jobs/", jobs.JobList.as_view()),
    path("training-jobs/compare/", runs.RunsCompare.as_view()),
    path("training-jobs/<uuid:pk>/", jobs.JobDetail.as_view(), name="api-job"),
    path("training-jobs/<uuid:pk>/cancel/", jobs.JobCancel.as_view()),
    path("training-jobs/<uuid:pk>/continue/", jobs.JobContinue.as_view()),
    path("training-jobs/<uuid:pk>/events/", jobs.JobEvents.as_view()),
    path("training-jobs/<uuid:pk>/likely/", likely.JobLikely.as_view()),
    path("training-jobs/<uuid:pk>/likely/offer/", likely.JobLikelyOffer.as_view()),
    path("training-jobs/<uuid:pk>/doubts/", held_out.JobDoubts.as_view()),
    path("training-jobs/<uuid:pk>/doubts/send/", held_out.JobDoubtsSend.as_view()),
    path("training-jobs/<uuid:pk>/doubts/precision/", held_out.JobPrecision.as_view()),
    path("rerankers/<str:team>/<str:name>/compare/", comparison.Compare.as_view()),
    path(f"{_VERSION}gates/", gates.VersionGates.as_view()),
    path(f"{_VERSION}queries/", queries.VersionQueries.as_view()),
    path(f"{_VERSION}queries/rankings/", queries.VersionRankings.as_view()),
]
