"""Autocorrelation and effective sample size (Geyer's initial positive sequence)."""

import numpy as np


def autocorrelation(series):
    """Normalised autocorrelation by FFT, lag 0 first."""
    centered = series - series.mean()
    size = 2 ** int(np.ceil(np.log2(2 * len(centered))))
    spectrum = np.fft.rfft(centered, size)
    values = np.fft.irfft(spectrum * np.conj(spectrum), size)[: len(centered)]
    return values / values[0]


def effective_sample_size(series):
    rho = autocorrelation(np.asarray(series))
    total = 1.0
    for lag in range(1, len(rho) - 1, 2):
        pair = rho[lag] + rho[lag + 1]
        if pair < 0:
            break
        total += 2.0 * pair
    return float(len(series) / total)


def summary(chain):
    return {"mean": chain.mean(axis=0).tolist(), "sd": chain.std(axis=0, ddof=1).tolist()}
