# SPDX-License-Identifier: MIT
"""The Python side of batonDescribe: what the tasks in tasks.py are made of."""
