"""Calls an adapter module through the C ABI (plugins/sdk/plugin_abi.h) from Python: a small second host, for tests.

    plugin = Plugin(lib / "samband-health.so", {"path": "/R4"})
    messages = plugin.decode("application/fhir+json", body)
    outcome = converse(plugin, exchange, send)      # send(method, path, headers, body) -> (status, headers, body) or raises OSError
"""
import ctypes
import json

OK, INVALID_INPUT = 0, 1
RENDER_ANSWER = 1
DELIVER, RECALL = 1, 3
STARTED, HTTP_RESPONSE, TIMED_OUT, RESUMED = 1, 2, 4, 5
HTTP, WAIT, DELIVERED, REJECTED, RETRY = 1, 3, 4, 5, 6


class View(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_void_p), ("len", ctypes.c_uint64)]

    def get(self):
        return ctypes.string_at(self.ptr, self.len) if self.ptr and self.len else b""


class Error(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("status", ctypes.c_int32), ("where", ctypes.c_char * 64), ("message", ctypes.c_char * 184)]


class Wire(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("media_type", View), ("headers_json", View), ("body", View)]


class Action(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("kind", ctypes.c_uint32), ("endpoint", View), ("method", View), ("path", View),
                ("headers_json", View), ("body", View), ("wait_ms", ctypes.c_uint64), ("reference", View), ("reason", View)]


MESSAGE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, View)
ACTION = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Action))
REPLY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Wire))
LOG = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, View, View)


class Sink(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("ctx", ctypes.c_void_p), ("message", MESSAGE),
                ("state", MESSAGE), ("action", ACTION), ("reply", REPLY), ("log", LOG)]


DECODE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.POINTER(Wire), ctypes.POINTER(Sink), ctypes.POINTER(Error))
STEP = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32, View, View, ctypes.c_uint32, ctypes.POINTER(Wire),
                        ctypes.POINTER(Sink), ctypes.POINTER(Error))
CALL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32, View, ctypes.POINTER(Sink), ctypes.POINTER(Error))


class Adapter(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("self", ctypes.c_void_p), ("decode", DECODE), ("step", STEP),
                ("call", CALL), ("destroy", ctypes.CFUNCTYPE(None, ctypes.c_void_p))]


CREATE = ctypes.CFUNCTYPE(ctypes.c_int32, View, ctypes.POINTER(Adapter), ctypes.POINTER(Error))


class Entry(ctypes.Structure):
    _fields_ = [("magic", ctypes.c_uint32), ("struct_size", ctypes.c_uint32), ("major", ctypes.c_uint16), ("minor", ctypes.c_uint16),
                ("reserved", ctypes.c_uint32), ("sdk", View), ("manifest", View), ("create", CREATE)]


class PluginError(Exception):
    def __init__(self, error):
        super().__init__(f"{error.where.decode()}: {error.message.decode()}")
        self.status, self.where = error.status, error.where.decode()


class Collected:
    """One call's results. Views are copied at once: they live until the call returns."""

    def __init__(self):
        self.messages, self.state, self.action, self.reply = [], b"", None, b""
        self.sink = Sink(ctypes.sizeof(Sink), 0, None, MESSAGE(lambda _, v: self.messages.append(v.get())), MESSAGE(self._state),
                         ACTION(self._action), REPLY(self._reply), LOG(lambda *_: None))

    def _state(self, _, view):
        self.state = view.get()

    def _reply(self, _, wire):
        self.reply = wire.contents.body.get()

    def _action(self, _, action):
        a = action.contents
        self.action = {"kind": a.kind, "method": a.method.get().decode(), "path": a.path.get().decode(), "body": a.body.get(),
                       "headers": json.loads(a.headers_json.get() or b"{}"), "reference": a.reference.get().decode(),
                       "reason": a.reason.get().decode()}


class Plugin:
    def __init__(self, module, config=None):
        self.library = ctypes.CDLL(str(module))
        self.library.hub_plugin_entry.restype = ctypes.POINTER(Entry)
        entry = self.library.hub_plugin_entry().contents
        assert entry.magic == 0x31425548 and entry.major == 1
        self.manifest = json.loads(entry.manifest.get())
        self.adapter = Adapter(struct_size=ctypes.sizeof(Adapter))
        self._keep = []
        error = self._error()
        self._check(entry.create(self._view(json.dumps(config or {}).encode()), self.adapter, error), error)

    def _view(self, data):
        buffer = ctypes.create_string_buffer(data, len(data) or 1)
        self._keep.append(buffer)
        return View(ctypes.addressof(buffer), len(data))

    @staticmethod
    def _error():
        return Error(struct_size=ctypes.sizeof(Error))

    @staticmethod
    def _check(status, error):
        if status != OK:
            raise PluginError(error)

    def _wire(self, status=0, media_type="", headers=None, body=b""):
        return Wire(ctypes.sizeof(Wire), status, self._view(media_type.encode()), self._view(json.dumps(headers or {}).encode()), self._view(body))

    def decode(self, media_type, body):
        collected, error = Collected(), self._error()
        body = body.encode() if isinstance(body, str) else body
        self._check(self.adapter.decode(self.adapter.self, self._wire(0, media_type, {}, body), collected.sink, error), error)
        self._keep.clear()
        return [json.loads(m) for m in collected.messages]

    def render_answer(self, answer):
        """The hub's answer in the sender's own format, as bytes."""
        collected, error = Collected(), self._error()
        text = json.dumps(answer, ensure_ascii=False).encode()
        self._check(self.adapter.call(self.adapter.self, RENDER_ANSWER, self._view(text), collected.sink, error), error)
        self._keep.clear()
        return collected.reply

    def step(self, conversation, exchange, state, event, status=0, headers=None, body=b""):
        collected, error = Collected(), self._error()
        text = json.dumps(exchange, ensure_ascii=False).encode()
        wire = self._wire(status, (headers or {}).get("content-type", ""), headers, body)
        self._check(self.adapter.step(self.adapter.self, conversation, self._view(text), self._view(state), event, wire, collected.sink, error), error)
        self._keep.clear()
        return collected.action, collected.state


def converse(plugin, exchange, send, conversation=DELIVER, attempts_max=20):
    """Plays the outbox: performs requests, keeps the state, and tries again after a loss or a retry. Answers the last
    action and the number of attempts."""
    state, event, answer = b"", STARTED, (0, {}, b"")
    attempts = 1
    while attempts <= attempts_max:
        action, state = plugin.step(conversation, exchange, state, event, *answer)
        if action["kind"] in (DELIVERED, REJECTED):
            return action, attempts
        if action["kind"] == HTTP:
            try:
                answer, event = send(action["method"], action["path"], action["headers"], action["body"]), HTTP_RESPONSE
            except OSError:
                answer, event = (0, {}, b""), TIMED_OUT
        else:
            attempts, event, answer = attempts + 1, STARTED, (0, {}, b"")
    raise AssertionError("the conversation does not end")
