"""The addresses of the naive way."""

from django.urls import path

from tests.bench.naive.views import PlainShipmentDetail, PlainShipmentList, ReportCreate, ShipmentDetail, ShipmentList

urlpatterns = [
    path("reports/", ReportCreate.as_view()),
    path("shipments/", ShipmentList.as_view()),
    path("shipments/<str:reference>/", ShipmentDetail.as_view()),
    path("plain/shipments/", PlainShipmentList.as_view()),
    path("plain/shipments/<str:reference>/", PlainShipmentDetail.as_view()),
]
