import numpy as np

from qffc.data import Dataset
from qffc.data.conversion import joined

argon = {"positions": [[[0, 0, 0]]], "energies": [-0.1], "forces": None, "cells": 4 * np.eye(3)}
joined([Dataset([18], **argon), Dataset([18], **argon, stresses=[[0.0] * 6])])
