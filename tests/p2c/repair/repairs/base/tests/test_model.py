from model import LinearModel


def test_a_new_model_predicts_zero():
    assert LinearModel(2).predict([1, 2]) == 0
    assert LinearModel(3).weights == [0.0] * 3


def test_a_step_lowers_the_loss():
    model = LinearModel(1)
    first = model.step([[1.0]], [1.0], 0.1)
    assert model.step([[1.0]], [1.0], 0.1) < first
