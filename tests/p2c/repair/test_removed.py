"""What libraries have removed: what is written for it, in as few lines as can be."""

from __future__ import annotations

import pytest

from p2c.repair.fixers import FIXERS, Case
from p2c.repair.fixers.table import Library, Name, libraries
from p2c.repair.lines import lines_modified
from p2c.repair.syntax import python_problem
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Outcome, Rung, Verdict


def _fixed(code: str, exception: str, message: str, line: int) -> tuple[str, str]:
    """The fixer that knows it, and the code after it."""
    tree = Tree({"main.py": code.encode()})
    frame = Frame(file="main.py", line=line, function="<module>", in_repository=True)
    failure = Failure(
        step="smoke", kind="exception", exception=exception, message=message, file="main.py", line=line,
        frames=(frame,), signature=message, evidence=message,
    )  # fmt: skip
    verdict = Verdict(
        repository="r", tree=tree.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s", failure=failure
    )
    for fixer in FIXERS:
        fix = fixer(Case(tree, verdict))
        if fix is not None:
            return fixer.__name__, tree.changed(fix.changes).text("main.py")
    return "", code


NAMES = [
    ("import time\nstart = time.clock()\n", "AttributeError", "module 'time' has no attribute 'clock'",
     "import time\nstart = time.perf_counter()\n"),
    ("from fractions import Fraction, gcd\ngcd(4, 6)\n", "ImportError",
     "cannot import name 'gcd' from 'fractions' (/usr/lib/python3.11/fractions.py)",
     "from math import gcd\nfrom fractions import Fraction\ngcd(4, 6)\n"),
    ("from sklearn.cross_validation import train_test_split\n", "ModuleNotFoundError",
     "No module named 'sklearn.cross_validation'", "from sklearn.model_selection import train_test_split\n"),
    ("from sklearn import svm, cross_validation\ncross_validation.KFold\n", "ImportError",
     "cannot import name 'cross_validation' from 'sklearn' (/store/sklearn/__init__.py)",
     "from sklearn import svm, model_selection as cross_validation\ncross_validation.KFold\n"),
    ("from sklearn.externals import joblib\njoblib.dump({}, 'x')\n", "ImportError",
     "cannot import name 'joblib' from 'sklearn.externals' (/store/sklearn/externals/__init__.py)",
     "import joblib\njoblib.dump({}, 'x')\n"),
    ("from sklearn.metrics import (\n    accuracy_score,\n    plot_confusion_matrix,\n)\n"
     "plot_confusion_matrix(model, x, y)\n", "ImportError",
     "cannot import name 'plot_confusion_matrix' from 'sklearn.metrics' (/store/sklearn/metrics/__init__.py)",
     "from sklearn.metrics import (\n    accuracy_score,\n    ConfusionMatrixDisplay,\n)\n"
     "ConfusionMatrixDisplay.from_estimator(model, x, y)\n"),
    ("from scipy.integrate import simps\narea = simps(y, x)\n", "ImportError",
     "cannot import name 'simps' from 'scipy.integrate' (/store/scipy/integrate/__init__.py)",
     "from scipy.integrate import simpson as simps\narea = simps(y, x)\n"),
    ("from scipy import signal\nw = signal.hann(9)\n", "AttributeError",
     "module 'scipy.signal' has no attribute 'hann'", "from scipy import signal\nw = signal.windows.hann(9)\n"),
    ("from scipy.signal import gaussian, convolve\n", "ImportError",
     "cannot import name 'gaussian' from 'scipy.signal' (/store/scipy/signal/__init__.py)",
     "from scipy.signal.windows import gaussian\nfrom scipy.signal import convolve\n"),
    ("import matplotlib.pyplot as plt\nmap = plt.cm.get_cmap('viridis', 4)\n", "AttributeError",
     "module 'matplotlib.cm' has no attribute 'get_cmap'",
     "import matplotlib.pyplot as plt\nmap = plt.get_cmap('viridis', 4)\n"),
    ("from matplotlib import cm\nmap = cm.get_cmap('viridis')\n", "AttributeError",
     "module 'matplotlib.cm' has no attribute 'get_cmap'",
     "import matplotlib.pyplot\nfrom matplotlib import cm\nmap = matplotlib.pyplot.get_cmap('viridis')\n"),
    ("from PIL import Image\nimage.resize((2, 2), Image.ANTIALIAS)\n", "AttributeError",
     "module 'PIL.Image' has no attribute 'ANTIALIAS'",
     "from PIL import Image\nimage.resize((2, 2), Image.LANCZOS)\n"),
    ("from transformers import AdamW, AutoModel\nAdamW(p, lr=1e-4)\n", "ImportError",
     "cannot import name 'AdamW' from 'transformers' (/store/transformers/__init__.py)",
     "from torch.optim import AdamW\nfrom transformers import AutoModel\nAdamW(p, lr=1e-4)\n"),
    ("import networkx as nx\nprint(nx.info(graph))\n", "AttributeError",
     "module 'networkx' has no attribute 'info'", "import networkx as nx\nprint(str(graph))\n"),
    ("import networkx as nx\nimport numpy as np\nm = nx.to_numpy_matrix(graph, weight='w')\n", "AttributeError",
     "module 'networkx' has no attribute 'to_numpy_matrix'",
     "import networkx as nx\nimport numpy as np\nm = np.asmatrix(nx.to_numpy_array(graph, weight='w'))\n"),
    ("import numpy as np\nmask = np.in1d(a, [1, 2], invert=True)\n", "AttributeError",
     "module 'numpy' has no attribute 'in1d'",
     "import numpy as np\nmask = np.isin(a, [1, 2], invert=True).ravel()\n"),
    ("import numpy as np\nx = np.asscalar(a + b)\n", "AttributeError", "module 'numpy' has no attribute 'asscalar'",
     "import numpy as np\nx = (a + b).item()\n"),
    ("import collections\nisinstance(x, collections.Mapping)\n", "AttributeError",
     "module 'collections' has no attribute 'Mapping'",
     "import collections\nisinstance(x, collections.abc.Mapping)\n"),
    ("import pandas as pd\nx = pd.np.nan\n", "AttributeError", "module 'pandas' has no attribute 'np'",
     "import numpy\nimport pandas as pd\nx = numpy.nan\n"),
    ("from itertools import izip\nfor a, b in izip(x, y):\n    print(a)\n", "ImportError",
     "cannot import name 'izip' from 'itertools' (unknown location)",
     "izip = zip\nfor a, b in izip(x, y):\n    print(a)\n"),
    ("import cPickle\ncPickle.dumps(1)\n", "ModuleNotFoundError", "No module named 'cPickle'",
     "import pickle as cPickle\ncPickle.dumps(1)\n"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "exception", "message", "expected"), NAMES, ids=lambda value: value[:40])
def test_the_successor_of_a_removed_name_is_written(code: str, exception: str, message: str, expected: str) -> None:
    assert _fixed(code, exception, message, 1) == ("removed_name", expected)


RUFF = [
    ("import numpy as np\nx = np.zeros(2, dtype=np.float)\ny = np.int(1)\n",
     "module 'numpy' has no attribute 'float'.\n`np.float` was a deprecated alias for the builtin `float`.",
     "import numpy as np\nx = np.zeros(2, dtype=float)\ny = np.int(1)\n"),
    ("import numpy\né = numpy.float_(1), numpy.trapz([1])\n", "`np.float_` was removed in the NumPy 2.0 release.",
     "import numpy\né = numpy.float64(1), numpy.trapz([1])\n"),
    ("import numpy as np\r\narea = np.trapz([1, 2])\r\n", "module 'numpy' has no attribute 'trapz'",
     "import numpy as np\r\narea = np.trapezoid([1, 2])\r\n"),
    ("import numpy as np\nx = np.product(a), np.alltrue(a)\n", "module 'numpy' has no attribute 'product'",
     "import numpy as np\nx = np.prod(a), np.alltrue(a)\n"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "expected"), RUFF, ids=lambda value: value[:40])
def test_of_what_ruff_would_rewrite_only_the_name_that_failed_is_taken(code: str, message: str, expected: str) -> None:
    assert _fixed(code, "AttributeError", message, 2) == ("numpy_alias", expected)


def test_abstract_base_classes_are_imported_from_where_they_are() -> None:
    message = "cannot import name 'Mapping' from 'collections' (/usr/lib/python3.11/collections/__init__.py)"
    name, code = _fixed("from collections import Mapping, OrderedDict\n", "ImportError", message, 1)
    assert (name, code) == (
        "collections_abc", "from collections import OrderedDict\nfrom collections.abc import Mapping\n"
    )  # fmt: skip


METHODS = [
    ("for name, column in df.iteritems():\n    print(name)\nrows = df.iteritems()\nother.iteritems()\n",
     "'DataFrame' object has no attribute 'iteritems'",
     "for name, column in df.items():\n    print(name)\nrows = df.items()\nother.iteritems()\n"),
    ("names = vectorizer.get_feature_names()\n", "'CountVectorizer' object has no attribute 'get_feature_names'",
     "names = vectorizer.get_feature_names_out()\n"),
    ("x = df[['a']].as_matrix()\n", "'DataFrame' object has no attribute 'as_matrix'", "x = df[['a']].to_numpy()\n"),
    ("w, h = draw.textsize(text, font=font)\n", "'ImageDraw' object has no attribute 'textsize'",
     "w, h = draw.textbbox((0, 0), text, font=font)[2:]\n"),
    ("w, h = font.getsize('a')\n", "'FreeTypeFont' object has no attribute 'getsize'",
     "w, h = font.getbbox('a')[2:]\n"),
    ("import pandas as pd\ndf = df.append({'a': 1}, ignore_index=True)\n",
     "'DataFrame' object has no attribute 'append'",
     "import pandas as pd\ndf = pd.concat([df, pd.DataFrame([{'a': 1}])], ignore_index=True)\n"),
    ("import pandas as pd\nrow = pd.DataFrame({'a': [1]})\ndf = df.append(row)\n",
     "'DataFrame' object has no attribute 'append'",
     "import pandas as pd\nrow = pd.DataFrame({'a': [1]})\ndf = pd.concat([df, row])\n"),
    ("if table.has_key(name):\n    pass\n", "'dict' object has no attribute 'has_key'",
     "if (name in table):\n    pass\n"),
    ("words = model.wv.index2word\n",
     "The index2word attribute has been replaced by index_to_key since Gensim 4.0.0.\nSee https://github.com",
     "words = model.wv.index_to_key\n"),
    ("import numpy as np\nspread = x.ptp(axis=0)\n", "'numpy.ndarray' object has no attribute 'ptp'",
     "import numpy as np\nspread = np.ptp(x, axis=0)\n"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "expected"), METHODS, ids=lambda value: value[:40])
def test_the_successor_of_a_removed_method_is_written(code: str, message: str, expected: str) -> None:
    line = next(n for n, line in enumerate(code.splitlines(), 1) if line not in expected.splitlines())
    assert _fixed(code, "AttributeError", message, line) == ("removed_method", expected)


ARGUMENTS = [
    ("OneHotEncoder(sparse=False, drop='first')\n", "TypeError",
     "OneHotEncoder.__init__() got an unexpected keyword argument 'sparse'",
     "OneHotEncoder(sparse_output=False, drop='first')\n"),
    ("AdaBoostClassifier(\n    base_estimator=tree,\n)\n", "TypeError",
     "AdaBoostClassifier.__init__() got an unexpected keyword argument 'base_estimator'",
     "AdaBoostClassifier(\n    estimator=tree,\n)\n"),
    ("s = ReduceLROnPlateau(optimizer, mode='min', verbose=True)\n", "TypeError",
     "ReduceLROnPlateau.__init__() got an unexpected keyword argument 'verbose'",
     "s = ReduceLROnPlateau(optimizer, mode='min')\n"),
    ("s = ReduceLROnPlateau(\n    optimizer,\n    verbose=True,\n    patience=2,\n)\n", "TypeError",
     "ReduceLROnPlateau.__init__() got an unexpected keyword argument 'verbose'",
     "s = ReduceLROnPlateau(\n    optimizer,\n    patience=2,\n)\n"),
    ("import sklearn.metrics as m\nrmse = m.mean_squared_error(y, p, squared=False)\n", "TypeError",
     "got an unexpected keyword argument 'squared'",
     "import sklearn.metrics as m\nrmse = m.root_mean_squared_error(y, p)\n"),
    ("df['a'] = df['a'].fillna(method='ffill', limit=2)\n", "TypeError",
     "NDFrame.fillna() got an unexpected keyword argument 'method'", "df['a'] = df['a'].ffill(limit=2)\n"),
    ("pd.read_csv(path, delim_whitespace=True, header=None)\n", "TypeError",
     "read_csv() got an unexpected keyword argument 'delim_whitespace'",
     "pd.read_csv(path, sep=r\"\\s+\", header=None)\n"),
    ("TrainingArguments(output_dir='x', evaluation_strategy='epoch')\n", "TypeError",
     "TrainingArguments.__init__() got an unexpected keyword argument 'evaluation_strategy'",
     "TrainingArguments(output_dir='x', eval_strategy='epoch')\n"),
    ("Word2Vec(sentences, size=100, iter=5)\n", "TypeError",
     "Word2Vec.__init__() got an unexpected keyword argument 'size'",
     "Word2Vec(sentences, vector_size=100, iter=5)\n"),
    ("plt.boxplot(data, labels=names)\n", "TypeError", "boxplot() got an unexpected keyword argument 'labels'",
     "plt.boxplot(data, tick_labels=names)\n"),
    ("ax = fig.gca(projection='3d')\n", "TypeError",
     "FigureBase.gca() got an unexpected keyword argument 'projection'", "ax = fig.add_subplot(projection='3d')\n"),
    ("state = torch.load(path, map_location=device)\n", "_pickle.UnpicklingError",
     "Weights only load failed. This file can still be loaded",
     "state = torch.load(path, map_location=device, weights_only=False)\n"),
    ("import yaml\nconfig = yaml.load(stream)\n", "TypeError",
     "load() missing 1 required positional argument: 'Loader'",
     "import yaml\nconfig = yaml.safe_load(stream)\n"),
    ("import numpy as np\nx = np.array(y, dtype=float, copy=False)\n", "ValueError",
     "Unable to avoid copy while creating an array as requested.",
     "import numpy as np\nx = np.asarray(y, dtype=float)\n"),
    ("cg(a, b, tol=1e-5)\n", "TypeError", "cg() got an unexpected keyword argument 'tol'", "cg(a, b, rtol=1e-5)\n"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "exception", "message", "expected"), ARGUMENTS, ids=lambda value: value[:40])
def test_a_removed_argument_is_renamed_left_out_or_rewritten(
    code: str, exception: str, message: str, expected: str
) -> None:
    line = next(n for n, line in enumerate(code.splitlines(), 1) if "(" in line and "import" not in line)
    assert _fixed(code, exception, message, line) == ("removed_argument", expected)


VALUES = [
    ("m = RandomForestRegressor(criterion=\"mse\")\n", "sklearn.utils._param_validation.InvalidParameterError",
     "The 'criterion' parameter of RandomForestRegressor must be a str among {'poisson', 'squared_error'}. "
     "Got 'mse' instead.", "m = RandomForestRegressor(criterion=\"squared_error\")\n"),
    ("m = RandomForestRegressor(max_features='auto')\n", "sklearn.utils._param_validation.InvalidParameterError",
     "The 'max_features' parameter of RandomForestRegressor must be an int in the range [1, inf). "
     "Got 'auto' instead.", "m = RandomForestRegressor(max_features=1.0)\n"),
    ("plt.style.use('seaborn-whitegrid')\n", "OSError",
     "'seaborn-whitegrid' is not a valid package style, path of style file, URL of style file, or library style name",
     "plt.style.use('seaborn-v0_8-whitegrid')\n"),
    ("plt.style.use('seaborn')\n", "OSError", "'seaborn' is not a valid package style, path of style file",
     "plt.style.use('seaborn-v0_8')\n"),
    ("monthly = df.resample('M').sum()\n", "ValueError",
     "Invalid frequency: M. Failed to parse with error message: ValueError(\"'M' is no longer supported for offsets. "
     "Please use 'ME' instead.\")", "monthly = df.resample('ME').sum()\n"),
    ("index = pd.date_range('2020', periods=3, freq='H')\n", "ValueError",
     "Invalid frequency: H. Failed to parse with error message: ValueError('Invalid frequency: H. Did you mean h?') "
     "Did you mean h?", "index = pd.date_range('2020', periods=3, freq='h')\n"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "exception", "message", "expected"), VALUES, ids=lambda value: value[:40])
def test_a_removed_value_is_replaced(code: str, exception: str, message: str, expected: str) -> None:
    assert _fixed(code, exception, message, 1) == ("removed_value", expected)


DOUBTFUL = [
    ("df = df.append(row)\n", "AttributeError", "'DataFrame' object has no attribute 'append'"),
    ("from sklearn.datasets import load_boston\n", "ImportError",
     "`load_boston` has been removed from scikit-learn since version 1.2."),
    ("from work import gcd\n", "ImportError", "cannot import name 'gcd' from 'work' (/workspace/work.py)"),
    ("class Clock:\n    pass\n\n\nClock().clock()\n", "AttributeError", "'Clock' object has no attribute 'clock'"),
    ("build(sparse=True)\n", "TypeError", "build() got an unexpected keyword argument 'sparse'"),
    ("m = LinearRegression(normalize=True)\n", "TypeError",
     "LinearRegression.__init__() got an unexpected keyword argument 'normalize'"),
    ("rmse = mean_squared_error(y, p, squared=flag)\n", "TypeError", "got an unexpected keyword argument 'squared'"),
    ("import numpy as np\nnp.asscalar()\n", "AttributeError", "module 'numpy' has no attribute 'asscalar'"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "exception", "message"), DOUBTFUL, ids=lambda value: value[:40])
def test_what_has_no_certain_successor_is_left_alone(code: str, exception: str, message: str) -> None:
    assert _fixed(code, exception, message, len(code.splitlines())) == ("", code)


@pytest.mark.parametrize(
    ("row", "library"),
    [(row, library) for library in libraries() for row in library.names],
    ids=lambda value: getattr(value, "old", ""),
)
def test_every_name_of_the_table_is_replaced_where_it_is_used(row: Name, library: Library) -> None:
    assert library.source.startswith("https://")
    parent, _, last = row.old.rpartition(".")
    code = f"import {parent}\n\nresult = {row.old}(a)\n" if parent else f"import {last}\n"
    message = f"module '{parent}' has no attribute '{last}'" if parent else f"No module named '{last}'"
    exception = "AttributeError" if parent else "ModuleNotFoundError"
    fixer, new = _fixed(code, exception, message, code.count("\n"))
    assert fixer == "removed_name"
    assert python_problem(new.encode()) is None
    assert f"{row.old}(" not in new
    assert lines_modified(Tree({"main.py": code.encode()}), Tree({"main.py": new.encode()})).python <= 2
