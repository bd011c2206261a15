"""The pipelines that are compared."""

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler


def scaling(columns):
    """Quantiles for areas, standard scores for everything else."""
    areas = [column for column in columns if "area" in column]
    others = [column for column in columns if column not in areas]
    return ColumnTransformer(
        [("areas", QuantileTransformer(n_quantiles=50), areas), ("others", StandardScaler(), others)]
    )


def build_pipelines(columns):
    return {
        "logistic": make_pipeline(scaling(columns), LogisticRegression(max_iter=500)),
        "forest": make_pipeline(RandomForestClassifier(n_estimators=30, random_state=0)),
        "bayes": make_pipeline(scaling(columns), GaussianNB()),
    }
