"""What visitors do: each task is one visit. The same as in `../k6/visits.js`."""

import random
import re
import secrets
import time

import gevent
from locust import FastHttpUser, task

import verdict
from browser import Browser, think
from settings import BASE_URL, BROKEN, PACE


class Visitor(FastHttpUser):
    """Comes by again and again, and has an account of its own. Its visits are due at fixed times, whether
    the last one was quick or not: as near to an open model as locust gets (docs/load.md)."""

    host = BASE_URL
    network_timeout = connection_timeout = 15.0
    default_headers = {"User-Agent": "locust-demo"}

    def on_start(self):
        self.browser = Browser(self.client)
        self.account = None
        # Those who came at once do not all begin at once.
        self.due = time.perf_counter() + random.uniform(0, PACE)
        gevent.sleep(self.due - time.perf_counter())

    def wait_time(self):
        self.due += PACE
        return max(0.0, self.due - time.perf_counter())

    def _visit(self, steps):
        late = time.perf_counter() - self.due
        self.browser.forget()
        verdict.visited(steps(), late)

    @task(45)
    def browse(self):
        """Somebody looks around."""
        self._visit(self._browse)

    @task(30)
    def member(self):
        """Somebody with an account has something to do."""
        self._visit(self._member)

    @task(15)
    def work(self):
        """Somebody leaves work to the queue, and looks what becomes of it."""
        self._visit(self._work)

    @task(10)
    def quote(self):
        """Somebody asks for a quote. The other service fails now and then; the page has to say so."""
        self._visit(lambda: self.browser.get("/quote", status=(200, 502, 503, 504))[0])

    @task(10 if BROKEN else 0)
    def broken(self):
        """Somebody goes where it hurts on purpose."""
        self._visit(self._broken)

    def _browse(self):
        get = self.browser.get
        if not (get("/")[0] and get("/style.css")[0]):
            return False
        think(1, 3)
        if not get("/users-fast", says="<table>")[0]:
            return False
        think(1, 3)
        return get(random.choice(["/activity", "/live", "/users-slow", "/"]))[0]

    def _member(self):
        get, post = self.browser.get, self.browser.post
        if not (self._log_in() if self.account else self._sign_up()):
            # It may be gone: a demo that was started again has forgotten it.
            self.account = None
            return False
        think(1, 2)
        title = f"Look at the charts ({secrets.token_hex(4)})"
        if not post("/me/todos", get("/me")[1], {"title": title}):
            return False
        good, page = get("/me", says=title)
        think(1, 2)
        return (
            good
            and self._change(page, "tick")
            and self._change(get("/me")[1], "delete")
            and post("/log-out", get("/me")[1], {})
        )

    def _sign_up(self):
        account = {"name": f"locust {secrets.token_hex(6)}", "password": secrets.token_hex(8)}
        good, page = self.browser.get("/sign-up")
        think(2, 4)
        if not (good and self.browser.post("/sign-up", page, account)):
            return False
        self.account = account
        return True

    def _log_in(self):
        get, post = self.browser.get, self.browser.post
        good, page = get("/log-in")
        think(1, 3)
        if good and random.random() < 0.25:
            wrong = {**self.account, "password": "not this one"}
            good = post("/log-in", page, wrong, status=401)
            page = get("/log-in")[1]
        return good and post("/log-in", page, self.account)

    def _change(self, page, what):
        """Ticks or deletes an item of the page."""
        found = re.search(rf'action="(/me/todos/\d+/{what})"', page)
        return bool(found) and self.browser.post(f"/me/todos/{{id}}/{what}", page, {}, path=found[1])

    def _work(self):
        get, post = self.browser.get, self.browser.post
        good, page = get("/jobs")
        think(1, 3)
        kind = random.choices(["resize_image", "send_report"], [4, 1])[0]
        if not (good and post("/jobs", page, {"kind": kind, "jobs": str(random.randint(1, 3))})):
            return False
        good, _ = get("/jobs")
        think(1, 2)
        return good and get("/jobs/state", says="jobs-figures")[0]

    def _broken(self):
        get = self.browser.get
        if not get("/fail", status=(500,), deliberate=True)[0]:
            return False
        think(1, 1)
        return get("unmatched", path="/nothing-here", status=(404,), deliberate=True)[0]
