#!/usr/bin/python3
"""corpus.py - writes the captured pickles and sessions into a folder, a file each.

Usage: corpus.py FIXTURES FOLDER
The first byte of each file tells dist_reader.c which reader it is for.
"""
import hashlib
import os
import sys


def data_of(text):
    if "|" not in text:
        return bytes.fromhex(text)
    head, repeated, tail = text.split("|")
    byte, count = repeated.split("*")
    # A seed need not be large to show the way.
    return bytes.fromhex(head) + bytes.fromhex(byte) * min(int(count), 100) + bytes.fromhex(tail)


def seeds(fixtures):
    for name in sorted(os.listdir(fixtures)):
        for line in open(fixtures + "/" + name, encoding="utf-8", errors="surrogateescape"):
            if line.startswith("#") or not line.strip():
                continue
            last = line.rstrip("\n").split("\t" if name.endswith(".tsv") else " ")[-1]
            if last.startswith("sha256"):
                continue
            if name.endswith(".tsv"):
                yield b"\0" + data_of(last)
            else:
                message = bytes.fromhex(last)
                yield (b"\1" if message[4:5] == b"\x80" else b"\2") + message
                if message[4:5] != b"\x80":
                    yield b"\3" + message


def main():
    fixtures, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    for data in seeds(fixtures):
        with open(folder + "/" + hashlib.sha1(data).hexdigest(), "wb") as f:
            f.write(data)


main()
