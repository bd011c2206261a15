#!/bin/bash
set -e
python train.py
python show.py
