"""What a visitor has: pages, forms, and time to read.

Requests are told apart by route and not by address: one line for `/me/todos/{id}/tick`, not one for each
item.
"""

import html
import random
import re

import gevent

from settings import THINK


def hidden_fields(page, action):
    """The hidden fields of the form that is sent there, among them the secret without which the demo
    refuses a form. None if the page has no such form."""
    for rest in page.split("<form ")[1:]:
        form = rest.split("</form>")[0]
        if f'action="{action}"' not in form.split(">")[0]:
            continue
        heads = [rest.split(">")[0] for rest in form.split("<input ")[1:]]
        hidden = [head for head in heads if 'type="hidden"' in head]
        return {_value(head, "name"): _value(head, "value") for head in hidden}
    return None


def _value(head, name):
    found = re.search(rf'(?:^|\s){name}="([^"]*)"', head)
    return html.unescape(found[1]) if found else ""


def think(least, most):
    """Reads for a while, in seconds."""
    if THINK > 0:
        gevent.sleep(THINK * random.uniform(least, most))


class Browser:
    """Requests of one user. Each answers whether it went as it should; as with k6, that is another
    question than whether it failed: that is what a status below 200 or from 400 on is."""

    def __init__(self, client):
        self._client = client

    def forget(self):
        """Comes back without cookies."""
        self._client.cookiejar.clear()

    def get(self, route, path=None, says="", status=(200,), deliberate=False):
        """Opens a page: (whether it is there, the page)."""
        context = {"route": route, "deliberate": deliberate}
        with self._request("GET", path or route, route, context) as response:
            page = response.text or ""
            good = response.status_code in status and says in page
            self._tell(response, good, status if deliberate else ())
            return good, page

    def post(self, route, page, fields, path=None, status=303):
        """Sends a form of a page; true if it was taken, by a redirect unless told otherwise."""
        hidden = hidden_fields(page, path or route)
        if hidden is None:
            return False
        context = {"route": route, "deliberate": False}
        form = {"data": {**hidden, **fields}}
        with self._request("POST", path or route, route, context, **form) as response:
            good = response.status_code == status
            self._tell(response, good, (status,) if status >= 400 else ())
            return good

    def _request(self, method, path, route, context, **more):
        return self._client.request(
            method, path, name=route, context=context, catch_response=True, allow_redirects=False, **more
        )

    @staticmethod
    def _tell(response, good, expected):
        status = response.status_code
        # What the objectives are about; `verdict.py` asks for it.
        failed = status not in expected if expected else not 200 <= status < 400
        response.request_meta["context"]["failed"] = failed
        if failed or not good:
            response.failure(f"answered {status}" if failed else "not the page that it should be")
        else:
            response.success()
