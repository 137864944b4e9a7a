#!/usr/bin/env python3
"""A recipient's system gone wrong: answers every request with one status, and says the request back in every place of the
answer that a sender might copy from: body, codes, references, headers. Records: kind request (body = the request's text).

  --status N    the status of every answer
  --say TEXT    what is said back, in place of the request
"""
import re

from counterpart import Answer, Counterpart, run


class Echo(Counterpart):
    def __init__(self, arguments, received):
        super().__init__(arguments.party, received)
        self.status, self.say = arguments.status, arguments.say

    def handle(self, request):
        text = request.body.decode("utf-8", "replace")
        self.received.add("", "request", text, path=request.path)
        said = self.say or text[:4000]
        header = re.sub(r"[^\x21-\x7e]", "", said)[:200]
        body = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": said, "diagnostics": said}], "title": said, "detail": said,
                "Message": said, "ModelState": {said[:60]: [said]}, "id": said, "reference": said, "code": said, "pointer": said}
        return Answer(self.status, body, "application/fhir+json" if "/fhir" in request.path else "application/json",
                      {"location": "/Task/" + header, "x-reason": header})


def options(parser):
    parser.add_argument("--status", type=int, required=True)
    parser.add_argument("--say", default="")


if __name__ == "__main__":
    run(Echo, __doc__, options)
