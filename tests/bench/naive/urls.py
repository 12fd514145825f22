"""The addresses of the naive way."""

from django.urls import path

from tests.bench.naive.views import ReportCreate, ShipmentDetail, ShipmentList

urlpatterns = [
    path("reports/", ReportCreate.as_view()),
    path("shipments/", ShipmentList.as_view()),
    path("shipments/<str:reference>/", ShipmentDetail.as_view()),
]
