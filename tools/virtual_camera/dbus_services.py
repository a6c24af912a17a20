# SPDX-License-Identifier: MIT
"""Events, parameters and video on the camera's bus, as the platform libraries call them."""

from __future__ import annotations

from tools.errors import UsageError
from tools.virtual_camera.bus_codec import (
    DECLARED_KEYS,
    EVENT_KEYS,
    decode_declared_key,
    decode_key,
    decode_settings,
    decode_time,
    encode_keys,
    encode_settings,
    encode_time,
)
from tools.virtual_camera.bus_server import BusServer, Call, Reply, Service
from tools.virtual_camera.edge_faults import EdgeFaults
from tools.virtual_camera.events import Event, EventService
from tools.virtual_camera.faults import Faults
from tools.virtual_camera.parameters import ParameterError, ParameterStore
from tools.virtual_camera.stream_list import StreamList
from tools.virtual_camera.video import VideoService
from tools.virtual_camera.video_frames import CHANNELS, share


class EventsOnBus:
    """virtualcamera.Events1. An app's declarations end with its connection."""

    def __init__(self, events: EventService, server: BusServer, faults: Faults) -> None:
        self._events = events
        self._server = server
        self._is_up = False
        self._ids: dict[tuple[str, int], int] = {}
        self._service = Service(
            "virtualcamera.Events1",
            {
                "Declare": (f"ubs{DECLARED_KEYS}", self._declare),
                "Undeclare": ("u", self._undeclare),
                "Send": (f"ux{EVENT_KEYS}", self._send),
                "GetStates": ("as", self._get_states),
            },
        )
        server.on_gone(self._forget)
        events.listen(EdgeFaults(faults, self._broadcast).pass_on)

    @property
    def is_up(self) -> bool:
        """Whether apps can reach it."""
        return self._is_up

    async def start(self) -> None:
        if not self._is_up:
            self._is_up = True
            await self._server.serve(self._service)

    async def stop(self) -> None:
        """Forget what apps declared and leave the bus; `start` again is a restart for them."""
        self._is_up = False
        await self._server.withdraw(self._service)
        for owner, _ in list(self._ids):
            self._forget(owner)

    def _declare(self, call: Call) -> Reply:
        number, stateless, property_key, keys = call.body
        if (call.sender, number) in self._ids:
            raise UsageError(f"declaration {number} exists already")
        self._ids[call.sender, number] = self._events.declare_keys(
            [decode_declared_key(*key) for key in keys],
            stateful=not stateless,
            property_key=property_key or None,
            owner=call.sender,
        )
        return Reply()

    def _undeclare(self, call: Call) -> Reply:
        self._events.undeclare(self._id(call, remove=True))
        return Reply()

    def _send(self, call: Call) -> Reply:
        at = decode_time(call.body[1])
        keys = [decode_key(*key) for key in call.body[2]]
        self._events.send_keys(self._id(call), keys, at)
        return Reply()

    def _get_states(self, call: Call) -> Reply:
        states = self._events.states(call.body[0])
        body = [[encode_time(state.at), encode_keys(state.keys)] for state in states]
        return Reply(f"a(x{EVENT_KEYS})", [body])

    def _id(self, call: Call, *, remove: bool = False) -> int:
        place = (call.sender, call.body[0])
        if place not in self._ids:
            raise UsageError(f"there is no declaration {call.body[0]}")
        return self._ids.pop(place) if remove else self._ids[place]

    def _forget(self, owner: str) -> None:
        for place in [place for place in self._ids if place[0] == owner]:
            self._events.undeclare(self._ids.pop(place))

    def _broadcast(self, event: Event) -> None:
        topic = "".join(f"/{name}" for _, name in event.levels) + "/"
        body = [topic, encode_time(event.at), encode_keys(event.keys)]
        self._server.broadcast(self._service, "Event", f"sx{EVENT_KEYS}", body)


class ParametersOnBus:
    """virtualcamera.Parameters1."""

    def __init__(self, parameters: ParameterStore, server: BusServer) -> None:
        self._parameters = parameters
        self._server = server
        parameters.listen(self._announce)
        self._service = Service(
            "virtualcamera.Parameters1",
            {
                "Get": ("s", self._get),
                "Set": ("ssb", self._set),
                "Add": ("sss", self._add),
                "Remove": ("s", self._remove),
                "List": ("s", self._list),
            },
        )

    async def start(self) -> None:
        await self._server.serve(self._service)

    def _get(self, call: Call) -> Reply:
        value = self._parameters.get(call.body[0])
        if value is None:
            raise ParameterError("NotFound", f"there is no parameter {call.body[0]}")
        return Reply("s", [value])

    def _set(self, call: Call) -> Reply:
        name, value, sync = call.body
        self._parameters.set(name, value, sync=sync, by_app=True)
        return Reply()

    def _add(self, call: Call) -> Reply:
        self._parameters.add(*call.body)
        return Reply()

    def _remove(self, call: Call) -> Reply:
        self._parameters.remove(call.body[0])
        return Reply()

    def _list(self, call: Call) -> Reply:
        group = f"root.{call.body[0]}."
        names = [name[len(group) :] for name in self._parameters.list(call.body[0])]
        return Reply("as", [names])

    def _announce(self, name: str, value: str) -> None:
        self._server.broadcast(self._service, "Changed", "ss", [name, value])


class VideoOnBus:
    """virtualcamera.Video1."""

    def __init__(self, video: VideoService, server: BusServer) -> None:
        self._video = video
        self._server = server
        self._streams = StreamList(video)
        self._service = Service(
            "virtualcamera.Video1",
            {
                "Snapshot": ("a{sv}", self._snapshot),
                "OpenStream": ("a{sv}", self._open_stream),
                "GetStreams": ("", lambda _: Reply("au", [self._streams.numbers()])),
                "GetStream": ("u", self._get_stream),
                "AttachStream": ("u", self._attach_stream),
                "WatchStreams": ("u", self._watch_streams),
                "GetChannels": ("", lambda _: Reply("au", [list(CHANNELS)])),
                "GetChannel": ("u", self._get_channel),
                "GetResolutions": ("ua{sv}", self._get_resolutions),
                "SetFramerate": ("ud", self._set_framerate),
            },
        )

    async def start(self) -> None:
        await self._server.serve(self._service)

    def stop(self) -> None:
        self._streams.close()

    async def _snapshot(self, call: Call) -> Reply:
        settings = self._video.settings(decode_settings(call.body[0]), snapshot=True)
        frame = await self._video.frame(settings)
        body = [frame.type, frame.sequence, frame.timestamp, len(frame.data), 0]
        return Reply("uutuh", body, [share(frame.data)])

    def _open_stream(self, call: Call) -> Reply:
        settings = self._video.settings(decode_settings(call.body[0]), snapshot=False)
        number, end = self._streams.open(settings)
        return Reply("ua{sv}h", [number, encode_settings(settings.info()), 0], [end.detach()])

    def _get_stream(self, call: Call) -> Reply:
        return Reply("a{sv}", [encode_settings(self._streams.settings(call.body[0]).info())])

    def _attach_stream(self, call: Call) -> Reply:
        return Reply("h", [0], [self._streams.attach(call.body[0]).detach()])

    def _watch_streams(self, call: Call) -> Reply:
        return Reply("h", [0], [self._streams.watch(call.body[0]).detach()])

    def _get_channel(self, call: Call) -> Reply:
        return Reply("a{sv}", [encode_settings(self._video.channel_info(call.body[0]))])

    def _get_resolutions(self, call: Call) -> Reply:
        found = self._video.resolutions(call.body[0], decode_settings(call.body[1]))
        return Reply("a(uu)", [[list(size) for size in found]])

    def _set_framerate(self, call: Call) -> Reply:
        self._video.set_channel_rate(*call.body)
        return Reply()
