import winsound


def ring(times):
    for _ in range(times):
        winsound.Beep(440, 200)


ring(3)
