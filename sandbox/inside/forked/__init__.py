"""The interpreter that imports modules before the job comes, and the programs that are forked from it.

The program finds in its interpreter whatever this package has loaded, so little is: no `pathlib`, no `contextlib`.
"""
