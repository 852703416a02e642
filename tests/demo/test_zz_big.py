from tests.demo.test_load_demo import *
from payments.models import Dispute, DisputePackage, DisputeAnswer
def test_big(till, load_demo):
    load_demo(f"--on={ON}", "--readers=110")
    print(list(Dispute.objects.values_list("state","status","respond_by","reason")), DisputePackage.objects.count(), list(DisputeAnswer.objects.values_list("state", flat=True)))
    assert breaches(UNTIL) == []
    assert 0
