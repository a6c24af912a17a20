# SPDX-License-Identifier: MIT
"""Topic and content filters: what fits, what does not, and what is refused."""

from __future__ import annotations

import pytest

from tools.virtual_camera.content_filter import parse_content_filter
from tools.virtual_camera.event_keys import Element, TopicLevel, parse_topic
from tools.virtual_camera.event_message import MQTT_PREFIXES, format_topic, format_value
from tools.virtual_camera.topic_filter import FilterError, parse_topic_filter

PORT = parse_topic("tns1:Device/tnsaxis:IO/tnsaxis:VirtualPort")
READY = parse_topic("tns1:Device/tnsaxis:Status/SystemReady")
SCENARIO = parse_topic("tnsaxis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1")
MOTION = (("tns1", "RuleEngine"), ("", "MotionRegionDetector"), ("", "Motion"))


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("tns1:Device/tnsaxis:IO/VirtualPort", PORT),
        ("onvif:Device/axis:IO/VirtualPort", PORT),
        ("tns1:Device/tnsaxis:IO//.", PORT),
        ("tns1:Device/tnsaxis:IO//", PORT),
        ("tns1:Device//.", READY),
        ("//.", SCENARIO),
        ("//", SCENARIO),
        ("tnsaxis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1", SCENARIO),
        ("tns1:RuleEngine/MotionRegionDetector/Motion | tns1:Device/axis:IO/VirtualPort", MOTION),
        ("tns1:RuleEngine/MotionRegionDetector/Motion|tns1:Device/axis:IO/VirtualPort", PORT),
        ("tns1:RuleEngine/tns1:MotionRegionDetector/tns1:Motion", MOTION),
    ],
)
def test_a_topic_fits(text: str, topic: tuple[TopicLevel, ...]) -> None:
    assert parse_topic_filter(text).matches(topic)


@pytest.mark.parametrize(
    "text",
    [
        "tns1:Device/tnsaxis:IO",
        "tns1:Device/tnsaxis:IO/VirtualPort/More",
        "tns1:Device/tnsaxis:IO/VirtualInput",
        "tnsaxis:Device/tnsaxis:IO/VirtualPort",
        "tns1:Device/tnsaxis:Status//.",
        "tns1:Device/tnsaxis:IO/VirtualPor",
    ],
)
def test_a_topic_does_not_fit(text: str) -> None:
    assert not parse_topic_filter(text).matches(PORT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no valid level"),
        ("tns1:Device/", "no valid level"),
        ("tns1:Device//tnsaxis:IO", "no valid level"),
        ("tns1:Device | ", "no valid level"),
        ("tns1:*", "no valid level"),
        ("tns9:Device", "'tns9'"),
        ("a" * 9000, "longer than"),
    ],
)
def test_a_bad_topic_filter_says_why(text: str, reason: str) -> None:
    with pytest.raises(FilterError, match=reason):
        parse_topic_filter(text)


ITEMS = [("port", "1"), ("active", "0")]


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ('boolean(//SimpleItem[@Name="port" and @Value="1"])', True),
        ("boolean(//tt:SimpleItem[@Name='port' and @Value='1'])", True),
        ('boolean(//SimpleItem[@Name="port" and @Value="0"])', False),
        (
            'boolean(//SimpleItem[@Name="port" and @Value="1"]) and '
            'boolean(//SimpleItem[@Name="active" and @Value="1"])',
            False,
        ),
        ('boolean(//SimpleItem[@Name="nothing"]) or boolean(//SimpleItem[@Value="0"])', True),
        ('not(boolean(//SimpleItem[@Name="nothing"]))', True),
        ('(boolean(//SimpleItem[not(@Name="port") and (@Value="0" or @Value="2")]))', True),
        ('boolean(//SimpleItem[@Name="active" and @Value!="0"])', False),
        ('boolean(//ElementItem[@Name="port"])', False),
        # `and` before `or`
        (
            'boolean(//SimpleItem[@Name="port"]) or boolean(//SimpleItem[@Name="x"]) '
            'and boolean(//SimpleItem[@Name="y"])',
            True,
        ),
    ],
)
def test_a_content_filter_decides(text: str, passes: bool) -> None:
    assert parse_content_filter(text)(ITEMS) is passes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "its end where"),
        ("boolean(//Other[@Name='a'])", "//Other where //SimpleItem"),
        ("boolean(//SimpleItem[@Name='a']", "its end where"),
        ("boolean(//SimpleItem[@Other='a'])", "@Other where"),
        ("boolean(//SimpleItem[@Name=a])", "a where a quoted text"),
        ("count(//SimpleItem) > 1", "not understood from"),
        ("boolean(//SimpleItem[@Name='a']) garbage", "garbage where its end"),
        ("(" * 60 + "x" + ")" * 60, "too many parentheses"),
        ("boolean(//SimpleItem[" + "(" * 60, "too many parentheses"),
        ("boolean(//SimpleItem[" + "not(" * 3000, "longer than"),
        ("\x00\x00", "not understood"),
    ],
)
def test_a_bad_content_filter_says_why(text: str, reason: str) -> None:
    with pytest.raises(FilterError, match=reason):
        parse_content_filter(text)


def test_a_prefix_stands_where_the_namespace_changes() -> None:
    assert format_topic(PORT) == "tns1:Device/tnsaxis:IO/VirtualPort"
    assert format_topic(MOTION) == "tns1:RuleEngine/MotionRegionDetector/Motion"
    assert format_topic(PORT, MQTT_PREFIXES) == "onvif:Device/axis:IO/VirtualPort"


def test_values_are_texts() -> None:
    element = Element("Box", "tt", {"id": "1"}, None, (Element("Left", body="a&b"),))

    assert [format_value(value) for value in (True, False, -3, 0.25, "on")] == [
        *("1", "0", "-3", "0.25", "on")
    ]
    assert format_value(element) == '<tt:Box id="1"><Left>a&amp;b</Left></tt:Box>'
